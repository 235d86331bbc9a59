namespace Carrick.Tests.Stores;

public sealed class SqliteFailureCompliance : FailureCompliance<SqliteHarness>;
