using System.Text.Json.Serialization.Metadata;
using Carrick.Rest.Contract;
using Carrick.Storage;
using Microsoft.AspNetCore.Http;

namespace Carrick.Rest;

/// <summary>Makes pages of what a store lists.</summary>
internal static class Paging
{
    /// <summary>Shapes a page of items that were asked for with one more than <paramref name="limit"/>.</summary>
    public static IResult Page<TItem, TResource>(
        QueryReader query, IReadOnlyList<TItem> items, int limit, Func<TItem, RecordId> position, Func<TItem, TResource> shape,
        JsonTypeInfo<Page<TResource>> type)
    {
        var more = items.Count > limit;
        var count = more ? limit : items.Count;
        var data = new List<TResource>(count);
        for (var i = 0; i < count; i++)
        {
            data.Add(shape(items[i]));
        }

        return TypedResults.Json(new Page<TResource>(data, more ? query.Next(position(items[count - 1])) : null), type);
    }

    /// <summary>Shapes a page of a search, which may have ended before it was full.</summary>
    public static IResult Page<TItem, TResource>(
        QueryReader query, ListPage<TItem> page, int limit, Func<TItem, TResource> shape, JsonTypeInfo<Page<TResource>> type) => TypedResults.Json(
        new Page<TResource>([.. page.Select(shape)], page.Next is { } next ? query.Next(next) : null) { SearchedTo = SearchedTo(page.Count, page.Next, limit) }, type);

    /// <summary>How far a search has looked that ended before its page was full; <see langword="null"/> for other pages.</summary>
    public static DateTime? SearchedTo(int count, RecordId? next, int limit) => count < limit ? next?.CreatedAt.UtcDateTime : null;

    /// <summary>A list that fits one page.</summary>
    public static IResult All<TResource>(IEnumerable<TResource> items, JsonTypeInfo<Page<TResource>> type) =>
        TypedResults.Json(new Page<TResource>([.. items], null), type);
}
