namespace Carrick.Signatures;

/// <summary>
/// Which fields of a request a signature covers, as its content template says: what it covers nobody can change who has only seen the request.
/// A signature that is out of date or proves the sender only covers nothing.
/// </summary>
internal static class SignedFields
{
    /// <summary>Whether the value that the field is read as is signed.</summary>
    public static bool Covers(AlternativePlan plan, FieldReference field) => plan.Integrity is BodyIntegrity.Full or BodyIntegrity.Partial && field.Source switch
    {
        FieldSource.Header => CoversHeader(plan, field.Name),
        FieldSource.Query => plan.SignsUrl,
        // The fields of a form are read only if the content type says that it is one.
        FieldSource.Form or FieldSource.FormJson => (plan.ReadsForm || CoversBytes(plan)) && PinsContentType(plan),
        FieldSource.Json or FieldSource.BodyHash => CoversBytes(plan),
        _ => false,
    };

    /// <summary>Whether every byte of the body is signed.</summary>
    public static bool CoversBytes(AlternativePlan plan) => plan.Content.Uses(SegmentKind.Body) || (plan.BodyHash is not null && plan.SignsUrl);

    private static bool CoversHeader(AlternativePlan plan, string name) =>
        plan.Content.Segments.Any(segment => segment.Kind == SegmentKind.Header && segment.Name.Equals(name, StringComparison.OrdinalIgnoreCase));

    private static bool PinsContentType(AlternativePlan plan) =>
        plan.Applies.Any(predicate => predicate.Source == PredicateSource.ContentType) || CoversHeader(plan, "content-type");
}
