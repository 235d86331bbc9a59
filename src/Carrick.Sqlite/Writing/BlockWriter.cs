using Carrick.Sqlite.Raw;
using Carrick.Storage.Search;

namespace Carrick.Sqlite.Writing;

/// <summary>Stores blocks for searches.</summary>
internal static class BlockWriter
{
    public static void Write(Database database, SearchBlock block)
    {
        if (block.Kind == BlockKind.Events)
        {
            database["INSERT INTO event_blocks (to_key, from_key, oldest_at, newest_at, words, subjects) VALUES (?1, ?2, ?3, ?4, ?5, ?6) ON CONFLICT DO NOTHING"]
                .Bind(1, block.To).Bind(2, block.From).Bind(3, block.OldestAt).Bind(4, block.NewestAt).BindBlob(5, block.Words).BindBlob(6, block.Subjects).Run();
        }
        else
        {
            database["INSERT INTO delivery_blocks (to_key, from_key, words) VALUES (?1, ?2, ?3) ON CONFLICT DO NOTHING"]
                .Bind(1, block.To).Bind(2, block.From).BindBlob(3, block.Words).Run();
        }
    }
}
