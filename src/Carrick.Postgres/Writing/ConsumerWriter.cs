using Carrick.Postgres.Raw;
using Carrick.Storage.Commands;
using Carrick.Storage.Rows;

namespace Carrick.Postgres.Writing;

/// <summary>What follows from ended deliveries for their consumers: gates, disabled consumers, the versions they have.</summary>
internal static class ConsumerWriter
{
    public static bool Set(WriteTransaction transaction, SetConsumerStateCommand command) => transaction.Run(
        "UPDATE ~consumers SET disabled_at = $2, disabled_reason = $3 WHERE number = $1",
        P.Int32(command.Consumer), P.Int64(UnixTime.Of(command.DisabledAt)), P.Text(command.DisabledReason)) == 1;

    public static WriteStatement CloseGate(int consumer, DateTimeOffset until) => new(
        "UPDATE ~consumers SET gate_until = greatest(coalesce(gate_until, 0), $2) WHERE number = $1",
        [P.Int32(consumer), P.Int64(UnixTime.Due(until))],
        null);

    public static WriteStatement Disable(int consumer, DateTimeOffset at, string reason) => new(
        "UPDATE ~consumers SET disabled_at = $2, disabled_reason = $3 WHERE number = $1 AND disabled_at IS NULL",
        [P.Int32(consumer), P.Int64(UnixTime.Of(at)), P.Text(reason)],
        null);

    // A forced replay of an older event lowers nothing.
    public static WriteStatement KeepVersion(int consumer, SubjectVersion delivered, DateTimeOffset at) => new(
        """
        INSERT INTO ~delivered_versions AS kept (consumer, subject, version, at) VALUES ($1, $2, $3, $4)
        ON CONFLICT (consumer, subject) DO UPDATE SET version = greatest(kept.version, excluded.version), at = excluded.at
        """,
        [P.Int32(consumer), P.Text(delivered.Subject), P.Int64(delivered.Version), P.Int64(UnixTime.Of(at))],
        null);
}
