namespace Carrick;

/// <summary>Options of Carrick's HTTP side. Immutable after start.</summary>
public sealed class CarrickWebOptions
{
    /// <summary>Whether <c>/metrics</c> answers without an API key. Metrics hold names of integrations and counts, no payloads, secrets or tenants.</summary>
    /// <value>Default <see langword="true"/>; otherwise a key with the scope <c>read</c> is required.</value>
    public bool AnonymousMetrics { get; set; } = true;
}
