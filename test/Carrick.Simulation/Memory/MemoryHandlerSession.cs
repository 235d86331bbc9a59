using System.Data.Common;
using Carrick.Handlers;
using Carrick.Storage.Commands;

namespace Carrick.Simulation.Memory;

/// <summary>
/// One outer transaction after another: what is written waits in a list, a savepoint is a length of that list, a commit applies it as a whole.
/// Whether somebody else has finished a delivery is seen when it is kept or, by every second session, by the commit: stores may do either.
/// </summary>
internal sealed class MemoryHandlerSession : IHandlerSession
{
    private readonly HandlerTables _tables;
    private readonly MemoryStore? _engine;
    private readonly List<Write> _writes = [];
    private readonly MemoryConnection _connection;
    private bool _isOpen;
    private bool _holdsGate;
    private readonly bool _isLateToSee;
    private long _begun;
    private int _savepoint;

    public MemoryHandlerSession(HandlerTables tables, MemoryStore? engine)
    {
        _tables = tables;
        _engine = engine;
        _isLateToSee = tables.Sessions++ % 2 == 1;
        _connection = new MemoryConnection(effect => _writes.Add(new Write { Effect = effect }));
    }

    public DbConnection Connection => _connection;

    public DbTransaction Transaction => throw new NotSupportedException("Handlers of the simulation book on the connection.");

    public async ValueTask<LedgerVerdict> BeginAsync(LedgerEntry entry, CancellationToken cancellationToken)
    {
        await OpenAsync(cancellationToken).ConfigureAwait(false);
        _savepoint = _writes.Count;
        var key = (entry.Consumer, entry.Integration, entry.MessageId);
        var isKnown = _tables.Ledger.ContainsKey(key) || _writes.Exists(write => write.Ledger == key);
        if (isKnown && !entry.Force)
        {
            return LedgerVerdict.AlreadyProcessed;
        }

        if (!isKnown)
        {
            _writes.Add(new Write { Ledger = key, At = entry.At });
        }

        if (entry is { Subject: { } subject, Version: { } version })
        {
            if (Newest((entry.Consumer, subject)) > version)
            {
                return entry.Force ? LedgerVerdict.First : LedgerVerdict.Late;
            }

            _writes.Add(new Write { Subject = (entry.Consumer, subject), Version = version });
        }

        return LedgerVerdict.First;
    }

    public ValueTask AddToOutboxAsync(OutboxMessage message, CancellationToken cancellationToken)
    {
        message.Id = ++_tables.LastOutbox;
        _writes.Add(new Write { Message = message with { } });
        return ValueTask.CompletedTask;
    }

    public ValueTask<bool> KeepAsync(CompleteCommand completion, CancellationToken cancellationToken)
    {
        if (_engine is not null)
        {
            completion.Applied = (_isLateToSee || _engine.CanComplete(completion))
                && !_writes.Exists(write => write.Completion?.Item.Id == completion.Item.Id);
            if (!completion.Applied)
            {
                Undo();
                return ValueTask.FromResult(false);
            }

            _writes.Add(new Write { Completion = completion });
        }

        return ValueTask.FromResult(true);
    }

    public ValueTask DiscardAsync(CancellationToken cancellationToken)
    {
        Undo();
        return ValueTask.CompletedTask;
    }

    public async ValueTask DeleteFromOutboxAsync(IReadOnlyList<long> ids, CancellationToken cancellationToken)
    {
        await OpenAsync(cancellationToken).ConfigureAwait(false);
        _writes.AddRange(ids.Select(id => new Write { Relayed = id }));
    }

    public async ValueTask<LedgerCursor?> PruneLedgerAsync(LedgerCursor after, DateTimeOffset before, int limit, CancellationToken cancellationToken)
    {
        await OpenAsync(cancellationToken).ConfigureAwait(false);
        var window = _tables.Ledger.OrderBy(pair => pair.Key.Consumer, StringComparer.Ordinal).ThenBy(pair => pair.Key.Integration, StringComparer.Ordinal)
            .ThenBy(pair => pair.Key.MessageId, StringComparer.Ordinal)
            .SkipWhile(pair => (string.CompareOrdinal(pair.Key.Consumer, after.Consumer), string.CompareOrdinal(pair.Key.Integration, after.Integration),
                string.CompareOrdinal(pair.Key.MessageId, after.MessageId)).CompareTo((0, 0, 0)) <= 0)
            .Take(limit).ToList();
        _writes.AddRange(window.Where(pair => pair.Value < before).Select(pair => new Write { Pruned = pair.Key }));
        return window.Count < limit ? null : new LedgerCursor(window[^1].Key.Consumer, window[^1].Key.Integration, window[^1].Key.MessageId);
    }

    public ValueTask<bool> CommitAsync(CancellationToken cancellationToken)
    {
        if (!_isOpen)
        {
            return ValueTask.FromResult(true);
        }

        if (_tables.Commits != _begun)
        {
            throw new StoreException("Another process has written meanwhile.", StoreFailure.Transient);
        }

        CompleteCommand[] completions = [.. _writes.Select(write => write.Completion).OfType<CompleteCommand>()];
        foreach (var completion in completions)
        {
            completion.Applied = _engine!.CanComplete(completion);
        }

        if (completions.Any(completion => !completion.Applied))
        {
            End();
            return ValueTask.FromResult(false);
        }

        foreach (var write in _writes)
        {
            write.Apply(_tables);
        }

        _tables.Commits++;
        if (completions.Length > 0)
        {
            _engine!.Complete(completions);
        }

        End();
        return ValueTask.FromResult(true);
    }

    public ValueTask RollbackAsync()
    {
        foreach (var write in _writes)
        {
            write.Undo();
        }

        End();
        return ValueTask.CompletedTask;
    }

    // One thread runs all of a simulation.
    public ValueTask AbandonAsync() => RollbackAsync();

    public ValueTask DisposeAsync() => RollbackAsync();

    private async ValueTask OpenAsync(CancellationToken cancellationToken)
    {
        if (_isOpen)
        {
            return;
        }

        if (_engine is not null)
        {
            await _engine.Gate.WaitAsync(cancellationToken).ConfigureAwait(false);
            _holdsGate = true;
        }

        _isOpen = true;
        _begun = _tables.Commits;
    }

    private long? Newest((string Consumer, string Subject) key) =>
        _writes.FindLast(write => write.Subject == key)?.Version ?? (_tables.Versions.TryGetValue(key, out var version) ? version : null);

    private void Undo()
    {
        foreach (var write in _writes.Skip(_savepoint))
        {
            write.Undo();
        }

        _writes.RemoveRange(_savepoint, _writes.Count - _savepoint);
    }

    private void End()
    {
        _writes.Clear();
        _isOpen = false;
        if (_holdsGate)
        {
            _holdsGate = false;
            _engine!.Gate.Release();
        }
    }

    /// <summary>One row that the commit writes or deletes.</summary>
    private sealed class Write
    {
        public (string Consumer, string Integration, string MessageId)? Ledger { get; init; }

        public (string Consumer, string Integration, string MessageId)? Pruned { get; init; }

        public DateTimeOffset At { get; init; }

        public (string Consumer, string Subject)? Subject { get; init; }

        public long Version { get; init; }

        public OutboxMessage? Message { get; init; }

        public long? Relayed { get; init; }

        public EffectRow? Effect { get; init; }

        public CompleteCommand? Completion { get; init; }

        public void Apply(HandlerTables tables)
        {
            if (Ledger is { } key)
            {
                tables.Ledger[key] = At;
            }
            else if (Pruned is { } old)
            {
                tables.Ledger.Remove(old);
            }
            else if (Subject is { } subject)
            {
                tables.Versions[subject] = Version;
            }
            else if (Message is not null)
            {
                tables.Outbox.Add(Message.Id, Message);
            }
            else if (Relayed is { } id)
            {
                tables.Outbox.Remove(id);
            }
            else if (Effect is not null)
            {
                tables.Effects.Add(Effect);
            }
        }

        public void Undo()
        {
            if (Completion is not null)
            {
                Completion.Applied = false;
            }
        }
    }
}
