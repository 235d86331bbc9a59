namespace Carrick.Tests.Stores;

public sealed class PostgresFailureCompliance : FailureCompliance<PostgresHarness>;
