using System.Diagnostics.Metrics;
using System.Net;
using Carrick.Receiving;
using Carrick.Signatures;
using Carrick.Transport;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Time.Testing;

namespace Carrick.Tests.Receiving;

/// <summary>What is told from a timer must not throw: nobody is there to catch it, and the process would end.</summary>
public sealed class ThrowingLogTests
{
    [Fact]
    public void Signals_WhileALogProviderThrows_AreCountedAndHurtNobody()
    {
        var time = new FakeTimeProvider();
        using var signals = new CoalescedSecuritySignals(time, new Throwing<CoalescedSecuritySignals>());

        signals.SignatureRejected("billing", SignatureFailure.Mismatch);
        signals.SignatureRejected("billing", SignatureFailure.Mismatch);

        Assert.Null(Record.Exception(() => time.Advance(TimeSpan.FromMinutes(2))));
    }

    [Fact]
    public void TransportReport_WhileALogProviderAndAListenerThrow_HurtsNobody()
    {
        using var services = new ServiceCollection().AddMetrics().BuildServiceProvider();
        var meters = services.GetRequiredService<IMeterFactory>();
        using var listener = new MeterListener();
        var heard = 0;
        listener.InstrumentPublished = (instrument, me) =>
        {
            if (instrument.Meter.Scope == meters)
            {
                me.EnableMeasurementEvents(instrument);
            }
        };
        listener.SetMeasurementEventCallback<long>((_, _, _, _) =>
        {
            heard++;
            throw new InvalidOperationException("Planted.");
        });
        listener.Start();
        var report = new TransportReport(meters, new FakeTimeProvider(), new Throwing<TransportReport>());

        Assert.Null(Record.Exception(() => report.Ended(TransportEnd.Idle, IPAddress.Loopback)));
        Assert.Equal(1, heard);
    }

    private sealed class Throwing<T> : ILogger<T>
    {
        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => true;

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter) =>
            throw new InvalidOperationException("Planted.");
    }
}
