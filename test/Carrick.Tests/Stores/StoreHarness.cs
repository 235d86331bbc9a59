using Carrick.Storage;

namespace Carrick.Tests.Stores;

/// <summary>One database of a test, whatever the engine under it; stores can be made on it again and again.</summary>
public abstract class StoreHarness : IAsyncDisposable
{
    /// <summary>A store on the database; not migrated, not open.</summary>
    public abstract IStore Create(TimeProvider time);

    /// <summary>A harness on a copy of the database as other programs see it now: what a kill of the process leaves. A power cut may leave less.</summary>
    public abstract StoreHarness CopyAsAfterCrash();

    /// <summary>A store whose disk is full as soon as about <paramref name="kilobytes"/> more are written.</summary>
    public abstract IStore CreateAlmostFull(TimeProvider time, int kilobytes);

    /// <summary>Several processes may have the store open at once.</summary>
    public virtual bool IsShared => false;

    /// <summary>Another process takes the one that has the store open for dead.</summary>
    public abstract void TakeOver();

    /// <summary>Leaves a schema of a later version behind.</summary>
    public abstract void MakeSchemaNewer();

    public abstract ValueTask DisposeAsync();
}
