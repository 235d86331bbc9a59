using Carrick.Sqlite.Raw;
using Carrick.Storage.Rows;
using CsCheck;
using SQLitePCL;
using Xunit;

namespace Carrick.Tests.Stores;

public sealed class SqliteRawTests
{
    [Theory]
    [InlineData(raw.SQLITE_FULL, StoreFailure.Full)]
    [InlineData(raw.SQLITE_BUSY, StoreFailure.Transient)]
    [InlineData(raw.SQLITE_BUSY | (2 << 8), StoreFailure.Transient)]
    [InlineData(raw.SQLITE_LOCKED, StoreFailure.Transient)]
    [InlineData(raw.SQLITE_IOERR, StoreFailure.Fatal)]
    [InlineData(raw.SQLITE_CORRUPT, StoreFailure.Fatal)]
    [InlineData(raw.SQLITE_NOTADB, StoreFailure.Fatal)]
    [InlineData(raw.SQLITE_CONSTRAINT, StoreFailure.Data)]
    [InlineData(raw.SQLITE_CONSTRAINT | (3 << 8), StoreFailure.Data)]
    [InlineData(raw.SQLITE_TOOBIG, StoreFailure.Data)]
    [InlineData(raw.SQLITE_MISMATCH, StoreFailure.Data)]
    [InlineData(raw.SQLITE_RANGE, StoreFailure.Data)]
    [InlineData(raw.SQLITE_CANTOPEN, StoreFailure.Transient)]
    [InlineData(raw.SQLITE_READONLY, StoreFailure.Transient)]
    [InlineData(raw.SQLITE_PERM, StoreFailure.Transient)]
    [InlineData(raw.SQLITE_AUTH, StoreFailure.Transient)]
    [InlineData(raw.SQLITE_ERROR, StoreFailure.Transient)]
    [InlineData(raw.SQLITE_SCHEMA, StoreFailure.Transient)]
    [InlineData(raw.SQLITE_PROTOCOL, StoreFailure.Transient)]
    [InlineData(raw.SQLITE_INTERNAL, StoreFailure.Transient)]
    [InlineData(raw.SQLITE_MISUSE, StoreFailure.Transient)]
    [InlineData(99, StoreFailure.Transient)]
    public void Classify_OfEachCode_SaysWhatToDo(int code, StoreFailure expected) => Assert.Equal(expected, SqliteErrors.Classify(code));

    [Fact]
    public void Headers_WrittenAndRead_AreTheSame()
    {
        using var codec = new HeaderCodec();
        Gen.Select(Gen.String[Gen.Char['\0', '\ud7ff'], 0, 40], Gen.String[Gen.Char['\0', '\ud7ff'], 0, 40]).List[0, 8].Sample(
            pairs =>
            {
                var headers = pairs.Select(pair => new KeyValuePair<string, string>(pair.Item1, pair.Item2)).ToArray();
                Assert.Equal(headers, HeaderCodec.Read(codec.Write(headers)));
            },
            threads: 1);
    }

    [Fact]
    public void Due_OfAnyTime_RoundsUpToTheMillisecondAndIsNeverZero() => Gen.Long[-10_000_000, TimeSpan.TicksPerDay].Sample(ticks =>
    {
        var time = DateTimeOffset.UnixEpoch.AddTicks(ticks);
        var due = UnixTime.Due(time);
        Assert.True(due >= 1);
        Assert.True(UnixTime.From(due) >= time);
        Assert.True(due == 1 || UnixTime.From(due - 1) < time);
    });

    [Fact]
    public void Statement_BindsEmptyTextAndBlobAsWhatTheyAre()
    {
        using var database = Database.Open("Data Source=:memory:", "PRAGMA foreign_keys = OFF");
        var statement = database["SELECT typeof(?1), typeof(?2), typeof(?3), ?4"].Bind(1, string.Empty).BindBlob(2, []).Bind(3, (string?)null).Bind(4, new string('\u20ac', 1_000));

        Assert.True(statement.Step());
        Assert.Equal(("text", "blob", "null", new string('\u20ac', 1_000)), (statement.Text(0), statement.Text(1), statement.Text(2), statement.Text(3)));
        Assert.False(statement.Step());
    }
}
