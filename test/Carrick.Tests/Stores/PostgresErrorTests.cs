using Carrick.Postgres.Raw;
using Carrick.Storage;
using CsCheck;
using Npgsql;

namespace Carrick.Tests.Stores;

/// <summary>What is done about a SQLSTATE: nothing that may pass ends a node, and only what is a value's own fault is a command's own fault.</summary>
public sealed class PostgresErrorTests
{
    /// <summary>Every class of PostgreSQL 15, appendix A, with one code of it.</summary>
    public static TheoryData<string, StoreFailure> Classes => new()
    {
        { "03000", StoreFailure.Transient }, { "08006", StoreFailure.Transient }, { "09000", StoreFailure.Transient }, { "0A000", StoreFailure.Transient },
        { "0B000", StoreFailure.Transient }, { "0F000", StoreFailure.Transient }, { "0L000", StoreFailure.Transient }, { "0P000", StoreFailure.Transient },
        { "0Z000", StoreFailure.Transient }, { "20000", StoreFailure.Transient }, { "21000", StoreFailure.Data }, { "22001", StoreFailure.Data },
        { "22021", StoreFailure.Data }, { "22P05", StoreFailure.Data }, { "23502", StoreFailure.Data }, { "23505", StoreFailure.Data }, { "23514", StoreFailure.Data },
        { "24000", StoreFailure.Transient }, { "25006", StoreFailure.Transient }, { "25P02", StoreFailure.Transient }, { "25P03", StoreFailure.Transient },
        { "26000", StoreFailure.Transient }, { "27000", StoreFailure.Transient }, { "28000", StoreFailure.Transient }, { "28P01", StoreFailure.Transient },
        { "2B000", StoreFailure.Transient }, { "2D000", StoreFailure.Transient }, { "2F000", StoreFailure.Transient }, { "34000", StoreFailure.Transient },
        { "38000", StoreFailure.Transient }, { "39000", StoreFailure.Transient }, { "3B000", StoreFailure.Transient }, { "3D000", StoreFailure.Transient },
        { "3F000", StoreFailure.Transient }, { "40001", StoreFailure.Transient }, { "40P01", StoreFailure.Transient }, { "42501", StoreFailure.Transient },
        { "42601", StoreFailure.Transient }, { "42703", StoreFailure.Transient }, { "42P01", StoreFailure.Transient }, { "44000", StoreFailure.Data },
        { "53000", StoreFailure.Transient }, { "53100", StoreFailure.Full }, { "53200", StoreFailure.Transient }, { "53300", StoreFailure.Transient },
        { "54000", StoreFailure.Data }, { "54001", StoreFailure.Data }, { "55000", StoreFailure.Transient }, { "55P03", StoreFailure.Transient },
        { "57014", StoreFailure.Transient }, { "57P01", StoreFailure.Transient }, { "57P03", StoreFailure.Transient }, { "57P04", StoreFailure.Transient },
        { "58000", StoreFailure.Transient }, { "58030", StoreFailure.Transient }, { "72000", StoreFailure.Transient }, { "F0000", StoreFailure.Transient },
        { "HV000", StoreFailure.Transient }, { "P0001", StoreFailure.Data }, { "XX000", StoreFailure.Transient }, { "XX001", StoreFailure.Fatal },
        { "XX002", StoreFailure.Fatal },
    };

    [Theory]
    [MemberData(nameof(Classes))]
    public void Classify_EveryClass_IsWhatCanBeDoneAboutIt(string sqlState, StoreFailure expected) => Assert.Equal(expected, PostgresErrors.Classify(sqlState));

    [Fact]
    public void Classify_AnyTextAtAll_IsFatalForDamageOnly() =>
        Gen.String[Gen.Char.AlphaNumeric, 0, 6].Sample(sqlState =>
            Assert.Equal(sqlState is "XX001" or "XX002", PostgresErrors.Classify(sqlState) is StoreFailure.Fatal or StoreFailure.Taken or StoreFailure.Configuration));

    [Theory]
    [InlineData("25006", true)]
    [InlineData("53300", true)]
    [InlineData("57P01", true)]
    [InlineData("22001", false)]
    [InlineData("42P01", false)]
    [InlineData("57014", false)]
    public void IsOfTheServer_AnErrorThatEveryHandlerWouldMeet_UsesUpNobodysAttempt(string sqlState, bool expected) =>
        Assert.Equal(expected, PostgresErrors.IsOfTheServer(new PostgresException("Planted.", "ERROR", "ERROR", sqlState)));
}
