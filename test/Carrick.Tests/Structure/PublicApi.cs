using System.Globalization;
using System.Reflection;
using System.Runtime.CompilerServices;

namespace Carrick.Tests.Structure;

/// <summary>Writes what other assemblies can see of an assembly, one line per type and member, sorted.</summary>
internal static class PublicApi
{
    private const BindingFlags Declared =
        BindingFlags.Public | BindingFlags.NonPublic | BindingFlags.Instance | BindingFlags.Static | BindingFlags.DeclaredOnly;

    public static IEnumerable<string> Lines(Assembly assembly) => Lines(assembly.GetExportedTypes());

    public static IEnumerable<string> Lines(IEnumerable<Type> types) => types.SelectMany(Lines).Order(StringComparer.Ordinal);

    private static IEnumerable<string> Lines(Type type)
    {
        var name = TypeText.FullName(type);
        yield return $"{name} [{Kind(type)}]{Parents(type)}";
        if (typeof(Delegate).IsAssignableFrom(type))
        {
            yield return $"{name}{Signature(type.GetMethod("Invoke")!)}";
            yield break;
        }

        foreach (var member in type.GetMembers(Declared))
        {
            var text = member switch
            {
                FieldInfo field when IsVisible(field) && !field.IsSpecialName =>
                    field.IsLiteral ? $"{field.Name} = {Literal(field.GetRawConstantValue())}" : $"{field.Name}: {TypeText.Name(field.FieldType)}",
                PropertyInfo property when IsVisible(property.GetMethod) || IsVisible(property.SetMethod) => Property(property),
                EventInfo happening when IsVisible(happening.AddMethod) => $"event {happening.Name}: {TypeText.Name(happening.EventHandlerType!)}",
                ConstructorInfo constructor when IsVisible(constructor) => Signature(constructor),
                MethodInfo method when IsVisible(method) && (!method.IsSpecialName || method.Name.StartsWith("op_", StringComparison.Ordinal))
                    && !method.IsDefined(typeof(CompilerGeneratedAttribute)) => Signature(method),
                _ => null,
            };
            if (text is not null)
            {
                yield return text[0] == '(' ? $"{name}{text}" : $"{name}.{text}";
            }
        }
    }

    private static string Kind(Type type) => type switch
    {
        { IsEnum: true } => "enum",
        { IsInterface: true } => "interface",
        { IsValueType: true } => type.IsDefined(typeof(IsReadOnlyAttribute)) ? "readonly struct" : "struct",
        { IsAbstract: true, IsSealed: true } => "static class",
        { IsAbstract: true } => "abstract class",
        { IsSealed: true } => "sealed class",
        _ => "class",
    };

    private static string Parents(Type type)
    {
        var parents = type.GetInterfaces().Where(parent => parent.IsPublic).Select(TypeText.Name).Order(StringComparer.Ordinal).ToList();
        if (type is { IsClass: true, BaseType: { } parent } && parent != typeof(object))
        {
            parents.Insert(0, TypeText.Name(parent));
        }

        return parents.Count == 0 || type.IsEnum ? "" : " : " + string.Join(", ", parents);
    }

    private static string Property(PropertyInfo property)
    {
        var required = property.IsDefined(typeof(RequiredMemberAttribute)) ? "required " : "";
        var isInit = property.SetMethod?.ReturnParameter.GetRequiredCustomModifiers().Contains(typeof(IsExternalInit)) == true;
        var accessors = (IsVisible(property.GetMethod) ? "get; " : "") + (IsVisible(property.SetMethod) ? (isInit ? "init; " : "set; ") : "");
        return $"{required}{property.Name}: {TypeText.Of(property)} {{ {accessors}}}";
    }

    private static string Signature(MethodBase method)
    {
        var parameters = method.GetParameters().Select(parameter =>
            $"{TypeText.Of(parameter)} {parameter.Name}{(parameter.HasDefaultValue ? " = " + Literal(parameter.DefaultValue) : "")}");
        var extended = method.IsDefined(typeof(ExtensionAttribute)) ? "this " : "";
        var list = $"({extended}{string.Join(", ", parameters)})";
        if (method is not MethodInfo info)
        {
            return list;
        }

        var generic = info.IsGenericMethod ? $"<{string.Join(", ", info.GetGenericArguments().Select(TypeText.Name))}>" : "";
        var name = info.DeclaringType is { } type && typeof(Delegate).IsAssignableFrom(type) ? "" : info.Name + generic;
        return $"{name}{list}: {TypeText.Of(info.ReturnParameter)}";
    }

    private static string Literal(object? value) => value switch
    {
        null => "null",
        string text => $"\"{text}\"",
        bool flag => flag ? "true" : "false",
        IFormattable number => number.ToString(null, CultureInfo.InvariantCulture),
        _ => value.ToString()!,
    };

    private static bool IsVisible(MethodBase? method) => method is { IsPublic: true } or { IsFamily: true } or { IsFamilyOrAssembly: true };

    private static bool IsVisible(FieldInfo field) => field.IsPublic || field.IsFamily || field.IsFamilyOrAssembly;
}
