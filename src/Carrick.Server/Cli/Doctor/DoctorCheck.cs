namespace Carrick.Server.Cli.Doctor;

/// <summary>What one check found.</summary>
/// <param name="Name">What was looked at.</param>
/// <param name="Outcome">How it stands.</param>
/// <param name="Detail">What was found.</param>
/// <param name="Remedy">What to do, or <see langword="null"/> if nothing is.</param>
internal sealed record DoctorCheck(string Name, DoctorOutcome Outcome, string Detail, string? Remedy = null)
{
    public static DoctorCheck Ok(string name, string detail) => new(name, DoctorOutcome.Ok, detail);

    public static DoctorCheck Fail(string name, string detail, string remedy) => new(name, DoctorOutcome.Fail, detail, remedy);

    public static DoctorCheck Skip(string name, string detail) => new(name, DoctorOutcome.Skip, detail);
}

/// <summary>How a check stands.</summary>
internal enum DoctorOutcome
{
    /// <summary>Good.</summary>
    Ok,

    /// <summary>Could not be looked at, and need not be.</summary>
    Skip,

    /// <summary>Somebody must do something.</summary>
    Fail,
}
