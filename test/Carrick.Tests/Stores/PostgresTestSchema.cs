using System.Security.Cryptography;
using Carrick.TestServices.Postgres;
using Npgsql;

namespace Carrick.Tests.Stores;

/// <summary>A name for a schema of one test in the shared server's database. Whoever uses it makes the schema.</summary>
internal sealed class PostgresTestSchema
{
    public PostgresServer Server { get; } = SharedPostgres.GetAsync().GetAwaiter().GetResult();

    public string Name { get; } = "t_" + RandomNumberGenerator.GetHexString(16, lowercase: true);

    public string ConnectionString => Server.ConnectionString;

    /// <summary>An open connection in no pool.</summary>
    public NpgsqlConnection Connect(string settings = "")
    {
        var connection = new NpgsqlConnection($"{ConnectionString};Pooling=False;{settings}");
        connection.Open();
        return connection;
    }

    public object? Scalar(string sql)
    {
        using var connection = Connect();
        using var command = new NpgsqlCommand(sql.Replace("~", Name + ".", StringComparison.Ordinal), connection);
        return command.ExecuteScalar();
    }

    public void Drop() => Scalar($"DROP SCHEMA IF EXISTS {Name} CASCADE");
}
