using System.Text.Json;

namespace Carrick.Tests.Structure;

/// <summary>What the built server tells the runtime.</summary>
public sealed class ServerRuntimeTests
{
    [Fact]
    public void Server_IdleThreads_DoNotSpin()
    {
        using var config = JsonDocument.Parse(File.ReadAllText(Path.Combine(AppContext.BaseDirectory, "Carrick.Server.runtimeconfig.json")));

        var properties = config.RootElement.GetProperty("runtimeOptions").GetProperty("configProperties");
        Assert.Equal(0, properties.GetProperty("System.Threading.ThreadPool.UnfairSemaphoreSpinLimit").GetInt32());
    }
}
