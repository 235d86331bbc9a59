using Carrick.Server.Config;

namespace Carrick.Server.Serve;

/// <summary>The document in force. Thread-safe.</summary>
/// <param name="document">Its text, without the values of variables; <see langword="null"/> if there is none.</param>
/// <param name="settings">The settings that the engine was started with.</param>
internal sealed class ActiveConfiguration(string? document, EngineSettings settings)
{
    private volatile string? _document = document;

    public string? Document
    {
        get => _document;
        set => _document = value;
    }

    /// <summary>What cannot change before the next start.</summary>
    public EngineSettings Settings { get; } = settings;

    /// <summary>Held while a document is applied, so that what is in force and what is stored are the same.</summary>
    public SemaphoreSlim Applying { get; } = new(1, 1);
}
