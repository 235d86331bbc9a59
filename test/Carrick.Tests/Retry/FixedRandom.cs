using Carrick.Retry;

namespace Carrick.Tests.Retry;

internal sealed class FixedRandom(double value) : IRandomSource
{
    public double NextDouble() => value;
}
