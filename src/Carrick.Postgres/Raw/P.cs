using Npgsql;
using NpgsqlTypes;

namespace Carrick.Postgres.Raw;

/// <summary>Positional parameters with their types, so that a <see langword="null"/> has one too.</summary>
internal static class P
{
    public static NpgsqlParameter Int64(long? value) => Of(NpgsqlDbType.Bigint, value);

    public static NpgsqlParameter Int32(int? value) => Of(NpgsqlDbType.Integer, value);

    public static NpgsqlParameter Bool(bool? value) => Of(NpgsqlDbType.Boolean, value);

    public static NpgsqlParameter Bytes(ReadOnlyMemory<byte> value) => new NpgsqlParameter<ReadOnlyMemory<byte>> { TypedValue = value, NpgsqlDbType = NpgsqlDbType.Bytea };

    /// <summary>A text, encoded by <see cref="StoredText"/>.</summary>
    public static NpgsqlParameter Text(string? value) => new() { NpgsqlDbType = NpgsqlDbType.Text, Value = (object?)StoredText.Write(value) ?? DBNull.Value };

    public static NpgsqlParameter Int64s(long[]? values) => Array(NpgsqlDbType.Bigint, values);

    public static NpgsqlParameter NullableInt64s(long?[] values) => Array(NpgsqlDbType.Bigint, values);

    public static NpgsqlParameter Int32s(int[]? values) => Array(NpgsqlDbType.Integer, values);

    public static NpgsqlParameter NullableInt32s(int?[] values) => Array(NpgsqlDbType.Integer, values);

    public static NpgsqlParameter Bytes(ReadOnlyMemory<byte>[] values) => Array(NpgsqlDbType.Bytea, values);

    public static NpgsqlParameter NullableBytes(byte[]?[] values) => Array(NpgsqlDbType.Bytea, values);

    /// <summary>Texts that are encoded already.</summary>
    public static NpgsqlParameter Texts(string?[] values) => Array(NpgsqlDbType.Text, values);

    private static NpgsqlParameter<T[]> Array<T>(NpgsqlDbType type, T[]? values) => new() { NpgsqlDbType = NpgsqlDbType.Array | type, TypedValue = values };

    private static NpgsqlParameter Of<T>(NpgsqlDbType type, T? value)
        where T : struct => new() { NpgsqlDbType = type, Value = value is { } some ? some : DBNull.Value };
}
