using Carrick.Postgres.Raw;
using Carrick.Storage.Search;

namespace Carrick.Postgres.Writing;

/// <summary>Stores blocks for searches.</summary>
internal static class BlockWriter
{
    public static void Write(WriteTransaction transaction, SearchBlock block)
    {
        if (block.Kind == BlockKind.Events)
        {
            transaction.Run(
                "INSERT INTO ~event_blocks (to_key, from_key, oldest_at, newest_at, words, subjects) VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT (to_key) DO NOTHING",
                P.Int64(block.To), P.Int64(block.From), P.Int64(block.OldestAt), P.Int64(block.NewestAt), P.Bytes(block.Words), P.Bytes(block.Subjects));
        }
        else
        {
            transaction.Run(
                "INSERT INTO ~delivery_blocks (to_key, from_key, words) VALUES ($1, $2, $3) ON CONFLICT (to_key) DO NOTHING",
                P.Int64(block.To), P.Int64(block.From), P.Bytes(block.Words));
        }
    }
}
