namespace Carrick.Benchmarks.Peers;

/// <summary>Shows that the audit sees what it is there for: rows that a peer with faults would leave.</summary>
internal static class PlantedFaults
{
    private const string Rows =
        """
        INSERT INTO acknowledged (id) VALUES ('msg_done_00000001'), ('msg_late_00000002'), ('msg_next_00000003'), ('msg_lost_00000004'), ('msg_copy_00000005'), ('msg_copy_00000005');
        INSERT INTO effects (id, ordering_key, age_ms) VALUES
            ('msg_done_00000001', 'a', 1), ('msg_next_00000003', 'a', 1), ('msg_late_00000002', 'a', 1), ('msg_done_00000001', 'b', 1),
            ('msg_copy_00000005', 'c', 1), ('msg_copy_00000005', 'c', 1), ('msg_forged_00000006', 'd', 1);
        """;

    /// <summary>Plants them in empty tables, compares, and takes them away.</summary>
    /// <exception cref="InvalidOperationException">One is not found, or another thing is.</exception>
    public static async Task FindAsync(Effects effects)
    {
        await effects.ClearAsync().ConfigureAwait(false);
        await effects.ExecuteAsync(Rows).ConfigureAwait(false);
        var found = await effects.AuditAsync().ConfigureAwait(false);
        var expected = new Audit { Messages = 5, Acknowledgements = 6, Effects = 7, Lost = 1, Unknown = 1, Doubled = 2, MoreThanSent = 1 };
        var overtaken = await effects.OvertakenAsync(DateTimeOffset.UnixEpoch).ConfigureAwait(false);
        if (found != expected || overtaken != 1 || found.Problem(Dedupe.WhilePending) is null)
        {
            throw new InvalidOperationException($"The audit found {found} and {overtaken} overtaken, where {expected} and 1 were planted.");
        }

        await effects.ClearAsync().ConfigureAwait(false);
    }
}
