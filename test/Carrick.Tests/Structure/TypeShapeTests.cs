using System.Reflection;
using System.Runtime.CompilerServices;

namespace Carrick.Tests.Structure;

public sealed class TypeShapeTests
{
    [Fact]
    public void PublicTypes_Fields_AreConstantsOnly()
    {
        var types = Repository.Assemblies().SelectMany(assembly => assembly.GetExportedTypes());
        Assert.Empty(types.SelectMany(OpenFields));
    }

    [Fact]
    public void Classes_WithoutHeirs_AreSealed()
    {
        var types = Repository.Assemblies().SelectMany(assembly => assembly.GetTypes()).ToArray();
        Assert.Empty(Unsealed(types));
    }

    [Fact]
    public void PublicField_Planted_IsFound() => Assert.Equal(["Planted.Value"], OpenFields(typeof(Planted)));

    [Fact]
    public void UnsealedClass_Planted_IsFound() => Assert.Equal(["Planted"], Unsealed([typeof(Planted), typeof(Parent), typeof(Child)]));

    private static IEnumerable<string> OpenFields(Type type) =>
        type.IsEnum ? [] : type
            .GetFields(BindingFlags.Public | BindingFlags.Instance | BindingFlags.Static | BindingFlags.DeclaredOnly)
            .Where(field => !field.IsLiteral)
            .Select(field => $"{type.Name}.{field.Name}");

    private static IEnumerable<string> Unsealed(IReadOnlyCollection<Type> types)
    {
        var parents = types.Select(type => type.BaseType).OfType<Type>()
            .Select(type => type.IsGenericType ? type.GetGenericTypeDefinition() : type).ToHashSet();
        return types
            .Where(type => type is { IsClass: true, IsSealed: false, IsAbstract: false } && !parents.Contains(type))
            .Where(type => !IsGenerated(type) && type.Name != "Program")
            .Select(type => type.Name);
    }

    // Types that a compiler or a source generator names have a '<' in their names, or in those of the types around them.
    private static bool IsGenerated(Type type) =>
        type.FullName!.Contains('<', StringComparison.Ordinal) || type.IsDefined(typeof(CompilerGeneratedAttribute), inherit: false);

#pragma warning disable CA1051, CS0649
    private class Planted
    {
        public const int Constant = 1;
        public int Value;
    }
#pragma warning restore CA1051, CS0649

    private class Parent;

    private sealed class Child : Parent;
}
