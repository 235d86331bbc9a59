using System.Reflection;

namespace Carrick.Tests.Structure;

/// <summary>Types in the words of C#.</summary>
internal static class TypeText
{
    private static readonly Dictionary<Type, string> Keywords = new()
    {
        [typeof(void)] = "void",
        [typeof(bool)] = "bool",
        [typeof(byte)] = "byte",
        [typeof(int)] = "int",
        [typeof(long)] = "long",
        [typeof(ulong)] = "ulong",
        [typeof(double)] = "double",
        [typeof(string)] = "string",
        [typeof(object)] = "object",
    };

    public static string FullName(Type type) =>
        type.IsNested ? $"{FullName(type.DeclaringType!)}.{Name(type)}" : $"{type.Namespace}.{Name(type)}";

    public static string Name(Type type)
    {
        if (Keywords.TryGetValue(type, out var keyword))
        {
            return keyword;
        }

        if (type.IsByRef)
        {
            return "ref " + Name(type.GetElementType()!);
        }

        if (type.IsArray)
        {
            return Name(type.GetElementType()!) + "[]";
        }

        if (Nullable.GetUnderlyingType(type) is { } underlying)
        {
            return Name(underlying) + "?";
        }

        return Generic(type, type.GetGenericArguments().Select(Name));
    }

    public static string Of(PropertyInfo property) => Name(property.PropertyType, new NullabilityInfoContext().Create(property));

    public static string Of(ParameterInfo parameter) => Name(parameter.ParameterType, new NullabilityInfoContext().Create(parameter));

    private static string Name(Type type, NullabilityInfo info)
    {
        var mark = !type.IsValueType && info.ReadState == NullabilityState.Nullable ? "?" : "";
        var isPlain = type.IsByRef || type.IsArray || !type.IsGenericType || Nullable.GetUnderlyingType(type) is not null;
        return (isPlain ? Name(type) : Generic(type, type.GetGenericArguments().Zip(info.GenericTypeArguments, Name))) + mark;
    }

    private static string Generic(Type type, IEnumerable<string> arguments) =>
        type.IsGenericType ? $"{type.Name.Split('`')[0]}<{string.Join(", ", arguments)}>" : type.Name;
}
