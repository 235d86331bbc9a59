namespace Carrick.Tests.Stores;

public sealed class PostgresWorkCompliance : WorkCompliance<PostgresHarness>;

public sealed class PostgresWorkReaderCompliance : WorkReaderCompliance<PostgresHarness>;

public sealed class PostgresOperatorCompliance : OperatorCompliance<PostgresHarness>;

public sealed class PostgresReplayCompliance : ReplayCompliance<PostgresHarness>;

public sealed class PostgresRetentionCompliance : RetentionCompliance<PostgresHarness>;

public sealed class PostgresQueryCompliance : QueryCompliance<PostgresHarness>;

public sealed class PostgresOwnershipCompliance : OwnershipCompliance<PostgresHarness>;
