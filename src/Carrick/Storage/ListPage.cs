using System.Collections;

namespace Carrick.Storage;

/// <summary>A page of a list, newest first.</summary>
/// <typeparam name="T">What is listed.</typeparam>
/// <param name="items">The items.</param>
/// <param name="next">Where the next page begins.</param>
public sealed class ListPage<T>(IReadOnlyList<T> items, RecordId? next) : IReadOnlyList<T>
{
    /// <summary>A page of nothing, and the last.</summary>
    internal static ListPage<T> Empty { get; } = new([], null);

    /// <summary>The first page of what is all there.</summary>
    internal static ListPage<T> Of(IEnumerable<T> all, int limit, Func<T, RecordId> id)
    {
        T[] items = [.. all.Take(limit + 1)];
        return items.Length > limit ? new ListPage<T>(items[..limit], id(items[limit - 1])) : new ListPage<T>(items, null);
    }

    /// <summary>
    /// What to give as <c>before</c> for the next page: everything newer has been looked at. <see langword="null"/> if this page is the last.
    /// A page with room left and a next one is the answer to a search that looked for as long as a request may.
    /// </summary>
    public RecordId? Next { get; } = next;

    /// <inheritdoc/>
    public int Count => items.Count;

    /// <inheritdoc/>
    public T this[int index] => items[index];

    /// <inheritdoc/>
    public IEnumerator<T> GetEnumerator() => items.GetEnumerator();

    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();
}
