using Carrick.Storage;
using Carrick.Storage.Commands;
using Carrick.Storage.Rows;

namespace Carrick.Simulation.Memory;

/// <summary>A store in memory: transactions, conditional deletes, dedupe and epochs as every store has them. Fails only where a test asks for it.</summary>
internal sealed class MemoryStore : IStore
{
    private static readonly TimeSpan StableAfter = TimeSpan.FromMinutes(1);
    private const int BytesPerCommand = 128;
    private const int FixedRoom = 4_096;

    private readonly TimeProvider _time;
    private readonly MemoryWriter _writer;
    private readonly long? _room;
    private long _commits;
    private long _commands;
    private long _bytes;
    private long _grown;
    private long _openedAt;
    private bool _stable;

    /// <param name="tables">The database.</param>
    /// <param name="time">The clock of <see cref="MaintainAsync"/>.</param>
    /// <param name="room">Bytes that still fit, or <see langword="null"/> for any number.</param>
    public MemoryStore(MemoryTables tables, TimeProvider time, long? room = null)
    {
        Tables = tables;
        _time = time;
        _room = room;
        _writer = new MemoryWriter(tables);
        Work = new MemoryWorkReader(this);
        Queries = new MemoryQueries(this);
    }

    public string Name => "memory";

    public MemoryTables Tables { get; }

    public IWorkReader Work { get; }

    public IStoreQueries Queries { get; }

    /// <summary>Held by whoever writes: the commit queue, or a session of handlers on this database.</summary>
    public SemaphoreSlim Gate { get; } = new(1, 1);

    public long Epoch { get; private set; }

    public StoreStatistics Statistics => new(_commits, _commands, _bytes, 0, _bytes, 0);

    public ValueTask<IReadOnlyList<string>> MigrateAsync(CancellationToken cancellationToken)
    {
        lock (Tables.Gate)
        {
            if (Tables.Schema > MemoryTables.SchemaVersion)
            {
                throw new StoreException("The schema is newer than this program.", StoreFailure.Configuration);
            }

            var ran = Tables.Schema == 0 ? (IReadOnlyList<string>)["0001_initial"] : [];
            Tables.Schema = MemoryTables.SchemaVersion;
            return ValueTask.FromResult(ran);
        }
    }

    public ValueTask<StoreOwnership> OpenAsync(CancellationToken cancellationToken)
    {
        lock (Tables.Gate)
        {
            if (Tables.Schema != MemoryTables.SchemaVersion)
            {
                throw new StoreException("The schema is missing.", StoreFailure.Configuration);
            }

            if (Tables.Owner is not null)
            {
                throw new StoreException("Another process owns the store.", StoreFailure.Taken);
            }

            Tables.Owner = this;
            Tables.IdLow = Tables.IdLow == 0 ? 0x8000_0000_0000_0001 : Tables.IdLow;
            Epoch = ++Tables.Epoch;
            _openedAt = _time.GetTimestamp();
            _stable = false;
            return ValueTask.FromResult(new StoreOwnership(Epoch, Tables.IdLow, Tables.LastId, Tables.UncleanStarts++));
        }
    }

    public ValueTask<StoreCatalog> RegisterAsync(
        IReadOnlyCollection<string> integrations, IReadOnlyCollection<string> consumers, CancellationToken cancellationToken)
    {
        lock (Tables.Gate)
        {
            Check();
            if (Tables.Epoch != Epoch)
            {
                throw Taken();
            }

            Tables.Integrations.AddRange(integrations.Where(name => Tables.FindIntegration(name) is null));
            foreach (var name in consumers.Where(name => Tables.FindConsumer(name) is null))
            {
                Tables.Consumers.Add(new ConsumerRow(Tables.Consumers.Count + 1, name, null, null, null));
            }

            return ValueTask.FromResult(new StoreCatalog(
                Tables.Integrations.ToDictionary(name => name, name => Tables.FindIntegration(name)!.Value, StringComparer.Ordinal),
                Tables.Consumers.ToDictionary(
                    row => row.Name,
                    row => new ConsumerState(row.Number, UnixTime.From(row.DisabledAt), row.DisabledReason, UnixTime.From(row.GateUntil)),
                    StringComparer.Ordinal)));
        }
    }

    public async ValueTask CommitAsync(IReadOnlyList<StoreCommand> commands, CancellationToken cancellationToken)
    {
        await Gate.WaitAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            Commit(commands);
        }
        finally
        {
            Gate.Release();
        }
    }

    public ValueTask MaintainAsync(bool idle, CancellationToken cancellationToken)
    {
        lock (Tables.Gate)
        {
            Check();
            if (!_stable && Tables.Epoch == Epoch && _time.GetElapsedTime(_openedAt) >= StableAfter)
            {
                _stable = true;
                Tables.UncleanStarts = 0;
            }
        }

        return ValueTask.CompletedTask;
    }

    public async ValueTask CloseAsync(CancellationToken cancellationToken)
    {
        lock (Tables.Gate)
        {
            if (Tables.Owner == this && Tables.Epoch == Epoch)
            {
                Tables.UncleanStarts = 0;
            }
        }

        await DisposeAsync().ConfigureAwait(false);
    }

    public ValueTask DisposeAsync()
    {
        lock (Tables.Gate)
        {
            Tables.Owner = Tables.Owner == this ? null : Tables.Owner;
        }

        return ValueTask.CompletedTask;
    }

    /// <summary>Ends deliveries in the transaction of their handlers, after the gate was taken.</summary>
    public void Complete(IReadOnlyList<CompleteCommand> completions)
    {
        foreach (var completion in completions)
        {
            _writer.Apply(completion);
        }

        Count(completions);
    }

    public bool CanComplete(CompleteCommand completion) => Tables.Epoch == Epoch && _writer.FindWork(completion.Item) is not null;

    /// <exception cref="StoreException">It is not open.</exception>
    public void Check()
    {
        if (Epoch == 0 || (Tables.Owner != this && Tables.Epoch == Epoch))
        {
            throw new StoreException("The store is not open.", StoreFailure.Configuration);
        }
    }

    /// <summary>One read of one state.</summary>
    public ValueTask<T> ReadAsync<T>(Func<MemoryTables, T> read, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        lock (Tables.Gate)
        {
            Check();
            return ValueTask.FromResult(read(Tables));
        }
    }

    private void Commit(IReadOnlyList<StoreCommand> commands)
    {
        lock (Tables.Gate)
        {
            Check();
            if (commands.FirstOrDefault(command => !MemoryWriter.Knows(command)) is { } unknown)
            {
                throw new NotSupportedException($"The memory store does not know the command {unknown.GetType().Name}.");
            }

            if (Tables.Epoch != Epoch)
            {
                if (commands.Any(command => command is not WorkCommand))
                {
                    throw Taken();
                }

                foreach (var command in commands.OfType<WorkCommand>())
                {
                    command.Applied = false;
                }

                return;
            }

            var size = commands.Sum(SizeOf);
            if (_room is { } room && _grown + size > room)
            {
                throw new StoreException("There is no space left.", StoreFailure.Full);
            }

            foreach (var command in commands)
            {
                _writer.Apply(command);
            }

            _grown += size;
            Count(commands);
        }
    }

    private void Count(IReadOnlyCollection<StoreCommand> commands)
    {
        _commits++;
        _commands += commands.Count;
        _bytes += FixedRoom + commands.Sum(SizeOf);
    }

    private static long SizeOf(StoreCommand command) => command switch
    {
        IngestCommand ingest => ingest.Events.Sum(item => BytesPerCommand + item.Content.Body.Length),
        ProbeCommand { Clear: false } => 65_536,
        _ => BytesPerCommand,
    };

    private static StoreException Taken() => new("The store was taken over by another process; this one can write nothing any more.", StoreFailure.Taken);
}
