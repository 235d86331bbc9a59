namespace Carrick.Commit;

/// <summary>Finds the items of a batch that make it fail, by halves, and writes all others in their order. Pure.</summary>
internal static class Bisection
{
    /// <summary>Writes a batch that was refused as a whole.</summary>
    /// <param name="batch">The batch; at least one item.</param>
    /// <param name="write">Writes a part whole or not at all.</param>
    /// <param name="refuse">Called for an item that is refused alone.</param>
    /// <returns>What is not written, because <paramref name="write"/> said that nothing can be written now; empty if all was dealt with.</returns>
    public static async ValueTask<IReadOnlyList<T>> RunAsync<T>(
        IReadOnlyList<T> batch, Func<IReadOnlyList<T>, ValueTask<PartOutcome>> write, Action<T> refuse)
    {
        // Smallest first position on top, so that the order of the batch is the order of the writes.
        var parts = new Stack<(int From, int To)>();
        Split(0, batch.Count);
        while (parts.TryPop(out var part))
        {
            T[] items = [.. batch.Take(part.To).Skip(part.From)];
            switch (await write(items).ConfigureAwait(false))
            {
                case PartOutcome.Refused:
                    Split(part.From, part.To);
                    break;
                case PartOutcome.Unavailable:
                    return [.. batch.Skip(part.From)];
            }
        }

        return [];

        void Split(int from, int to)
        {
            if (to - from == 1)
            {
                refuse(batch[from]);
                return;
            }

            var middle = from + ((to - from) / 2);
            parts.Push((middle, to));
            parts.Push((from, middle));
        }
    }
}

/// <summary>What became of a part of a batch.</summary>
internal enum PartOutcome
{
    /// <summary>It is written.</summary>
    Written,

    /// <summary>Nothing of it is written, because something in it is refused.</summary>
    Refused,

    /// <summary>Nothing of it is written, because nothing can be written now.</summary>
    Unavailable,
}
