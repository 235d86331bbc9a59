namespace Carrick.Testing.History;

/// <summary>What a check found.</summary>
/// <remarks>Keeps the first violations of each invariant and counts all. Not thread-safe while the check runs.</remarks>
public sealed class HistoryReport
{
    private const int KeptPerInvariant = 100;
    private readonly SortedDictionary<Invariant, long> _counts = [];
    private readonly List<Violation> _violations = [];

    /// <summary>Whether nothing was found.</summary>
    public bool IsClean => _counts.Count == 0;

    /// <summary>How many violations there are of each broken invariant.</summary>
    public IReadOnlyDictionary<Invariant, long> Counts => _counts;

    /// <summary>The first 100 violations of each broken invariant.</summary>
    public IReadOnlyList<Violation> Violations => _violations;

    /// <summary>What the history holds.</summary>
    public HistoryTotals Totals { get; } = new();

    internal void Add(Invariant invariant, string subject, string description)
    {
        var count = _counts.GetValueOrDefault(invariant) + 1;
        _counts[invariant] = count;
        if (count <= KeptPerInvariant)
        {
            _violations.Add(new Violation(invariant, subject, description));
        }
    }
}
