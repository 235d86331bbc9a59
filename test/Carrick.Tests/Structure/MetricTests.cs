namespace Carrick.Tests.Structure;

public sealed class MetricTests
{
    [Fact]
    public void Metrics_OfProduct_AreApproved() => Snapshot.Match("metrics", Lines().Order(StringComparer.Ordinal));

    /// <summary>Names of the configuration and closed lists of words: a new key says here where its values come from.</summary>
    [Fact]
    public void Metrics_TagKeys_HaveValuesThatNoStrangerChooses()
    {
        string[] configured = ["source", "consumer", "integration"];
        string[] closed = ["result", "reason", "state", "outcome", "error.type", "http.response.status_code"];
        var keys = Lines().Where(line => line.StartsWith("tags of ", StringComparison.Ordinal)).SelectMany(line => line[(line.IndexOf(": ", StringComparison.Ordinal) + 2)..].Split(", "));
        Assert.Empty(keys.Except(configured.Concat(closed)));
    }

    [Fact]
    public void Metrics_Names_AreOursAndUnique()
    {
        var names = Lines().Where(line => !line.StartsWith("tags of ", StringComparison.Ordinal)).Select(line => line.Split(' ')[0]).ToArray();
        Assert.All(names, name => Assert.StartsWith("carrick.", name));
        Assert.Equal(names.Distinct().Count(), names.Length);
    }

    [Theory]
    [InlineData("""meter.CreateCounter<long>("carrick.a", "{event}", "Text");""", "carrick.a Counter<long> {event}")]
    [InlineData("""meter.CreateHistogram<double>("carrick.b", unit: "s", description: "Text");""", "carrick.b Histogram<double> s")]
    [InlineData("""meter.CreateHistogram<double>(name: "carrick.b", unit: "s");""", "carrick.b Histogram<double> s")]
    [InlineData("""meter.CreateObservableGauge("carrick.c", () => Read(1), "s");""", "carrick.c ObservableGauge<> s")]
    [InlineData("""meter.CreateCounter<long>(Name, "s");""", "a.cs: Counter without a literal name and unit")]
    [InlineData("""meter.CreateCounter<long>("carrick.d");""", "a.cs: Counter without a literal name and unit")]
    public void Metrics_Instrument_IsRead(string text, string expected) => Assert.Equal([expected], Instruments.Of("a.cs", text));

    [Theory]
    [InlineData("""_a.Add(1, new("source", x));""")]
    [InlineData("""_a.Add(1, new KeyValuePair<string, object?>("source", x));""")]
    [InlineData("""var tags = new TagList { { "source", x } };""")]
    [InlineData("""tags.Add("source", x);""")]
    public void Metrics_Tag_IsRead(string text) =>
        Assert.Equal("tags of a.cs: source", Instruments.Of("a.cs", """_a = meter.CreateCounter<long>("carrick.a", "{event}"); """ + text).Last());

    private static IEnumerable<string> Lines() => Repository.Files("src", "*.cs").SelectMany(path => Instruments.Of(path, Repository.Read(path)));
}
