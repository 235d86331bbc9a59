using System.Data.Common;

namespace Carrick.Handlers;

/// <summary>SQL on a handler's transaction without a library: every value of the interpolated text becomes a parameter.</summary>
public static class TransactionExtensions
{
    /// <summary>Runs a statement and returns the rows affected.</summary>
    /// <example><c>await context.Transaction.ExecuteAsync($"INSERT INTO orders (id, total) VALUES ({id}, {total})", cancellationToken);</c></example>
    /// <exception cref="DbException">The database refuses it.</exception>
    public static async Task<int> ExecuteAsync(this DbTransaction transaction, FormattableString sql, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(sql);
        var command = transaction.Connection!.CreateCommand();
        await using (command.ConfigureAwait(false))
        {
            command.Transaction = transaction;
            var names = new object[sql.ArgumentCount];
            for (var i = 0; i < names.Length; i++)
            {
                var parameter = command.CreateParameter();
                parameter.ParameterName = $"@p{i}";
                parameter.Value = sql.GetArgument(i) ?? DBNull.Value;
                command.Parameters.Add(parameter);
                names[i] = parameter.ParameterName;
            }

            // The text is a constant of the program; its values have become parameters above.
#pragma warning disable CA2100
            command.CommandText = string.Format(System.Globalization.CultureInfo.InvariantCulture, sql.Format, names);
#pragma warning restore CA2100
            return await command.ExecuteNonQueryAsync(cancellationToken).ConfigureAwait(false);
        }
    }
}
