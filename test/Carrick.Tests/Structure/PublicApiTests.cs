namespace Carrick.Tests.Structure;

public sealed class PublicApiTests
{
    public static TheoryData<string> Projects => [.. Repository.Projects()];

    [Theory]
    [MemberData(nameof(Projects))]
    public void PublicApi_OfAssembly_IsApproved(string project) =>
        Snapshot.Match("public-api." + project, PublicApi.Lines(Repository.Assemblies().Single(assembly => assembly.GetName().Name == project)));

    [Fact]
    public void PublicApi_EveryKindOfMember_IsShown()
    {
        string[] expected =
        [
            "Carrick.Tests.Structure.PublicApiTests.Sample [abstract class] : IDisposable",
            "Carrick.Tests.Structure.PublicApiTests.Sample()",
            "Carrick.Tests.Structure.PublicApiTests.Sample.Dispose(): void",
            "Carrick.Tests.Structure.PublicApiTests.Sample.Limit = 5",
            "Carrick.Tests.Structure.PublicApiTests.Sample.Run(IReadOnlyList<int?> items, string? reason = null): Task",
            "Carrick.Tests.Structure.PublicApiTests.Sample.event Changed: EventHandler",
            "Carrick.Tests.Structure.PublicApiTests.Sample.required Name: string { get; init; }",
        ];
        Assert.Equal(expected, PublicApi.Lines([typeof(Sample)]));
    }

#pragma warning disable CA1034, CA1063, CS0067
    public abstract class Sample : IDisposable
    {
        public const int Limit = 5;

        public event EventHandler? Changed;

        public required string Name { get; init; }

        internal int Hidden { get; set; }

        public void Dispose() => GC.SuppressFinalize(this);

        protected abstract Task Run(IReadOnlyList<int?> items, string? reason = null);
    }
#pragma warning restore CA1034, CA1063, CS0067
}
