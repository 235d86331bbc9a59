using System.Net;
using System.Security.Cryptography;
using System.Text;
using Carrick.Server.Demo;
using Carrick.Storage.Rows;
using Microsoft.Extensions.Time.Testing;

namespace Carrick.IntegrationTests.Demo;

public sealed class CustomerEndpointTests : IAsyncLifetime
{
    private readonly FakeTimeProvider _time = new();
    private readonly DemoSecrets _secrets = DemoSecrets.Create();
    private readonly HttpClient _http = new(new SocketsHttpHandler { UseProxy = false });
    private readonly CustomerEndpoint _customer;

    public CustomerEndpointTests() => _customer = new CustomerEndpoint(_secrets, new DemoProgress(), _time);

    public async ValueTask InitializeAsync() => await _customer.StartAsync(TestContext.Current.CancellationToken);

    public async ValueTask DisposeAsync()
    {
        _http.Dispose();
        await _customer.DisposeAsync();
    }

    [Fact]
    public async Task Customer_MendedAndSigned_TakesAndLogs()
    {
        _customer.Mend();

        Assert.Equal(HttpStatusCode.OK, await PostAsync("shop", "evt_1", "{}"));
        Assert.Equal(HttpStatusCode.OK, await PostAsync("shop", "evt_1", "{}"));

        Assert.Equal(2, _customer.Delivered[new DeliveryKey("shop", "evt_1")]);
        Assert.Equal(0, _customer.BadSignatures);
    }

    [Fact]
    public async Task Customer_AlteredBody_IsRefusedAndCounted()
    {
        _customer.Mend();

        Assert.Equal(HttpStatusCode.Unauthorized, await PostAsync("shop", "evt_1", "{}", sent: "{ }"));

        Assert.Equal(1, _customer.BadSignatures);
        Assert.Empty(_customer.Delivered);
    }

    [Fact]
    public async Task Customer_TriedBeforeRetryAfter_CountsEarly()
    {
        var body = Enumerable.Range(0, 10_000).Select(number => $"{number}").First(text => new FaultPlan().Choose(default, Hash(text)) == Fault.Throttle);

        Assert.Equal(HttpStatusCode.TooManyRequests, await PostAsync("shop", "evt_1", body));
        _time.Advance(TimeSpan.FromMilliseconds(999));
        Assert.Equal(HttpStatusCode.OK, await PostAsync("shop", "evt_1", body));
        Assert.Equal(1, _customer.Early);

        _time.Advance(TimeSpan.FromMilliseconds(1));
        Assert.Equal(HttpStatusCode.OK, await PostAsync("shop", "evt_1", body));
        Assert.Equal(1, _customer.Early);
    }

    [Fact]
    public void FaultPlan_ManyEvents_FailInEveryWayAndOnlyUntilMended()
    {
        var plan = new FaultPlan();
        var faults = Enumerable.Range(0, 5_000).Select(number => plan.Choose(new DeliveryKey("shop", $"evt_{number}"), Hash($"{number}"))).ToHashSet();
        Assert.Equal([Fault.None, Fault.ServerError, Fault.Hang, Fault.Reset, Fault.Throttle], faults.Order());
        Assert.Equal(Fault.Gone, plan.Choose(new DeliveryKey(FaultPlan.GoneEndpoint, "evt_1"), Hash("1")));

        plan.Mended = true;

        Assert.All(
            Enumerable.Range(0, 5_000),
            number => Assert.Equal(Fault.None, plan.Choose(new DeliveryKey(FaultPlan.GoneEndpoint, $"evt_{number}"), Hash($"{number}"))));
    }

    private static byte[] Hash(string text) => SHA256.HashData(Encoding.UTF8.GetBytes(text));

    private async Task<HttpStatusCode> PostAsync(string name, string id, string body, string? sent = null)
    {
        var timestamp = _time.GetUtcNow().ToUnixTimeSeconds().ToString(System.Globalization.CultureInfo.InvariantCulture);
        var key = Convert.FromBase64String(_secrets.Delivery["whsec_".Length..]);
        var signature = Convert.ToBase64String(HMACSHA256.HashData(key, Encoding.UTF8.GetBytes($"{id}.{timestamp}.{body}")));
        using var request = new HttpRequestMessage(HttpMethod.Post, new Uri(_customer.Url, name)) { Content = new StringContent(sent ?? body) };
        request.Headers.Add("webhook-id", id);
        request.Headers.Add("webhook-timestamp", timestamp);
        request.Headers.Add("webhook-signature", $"v1,{signature}");
        using var response = await _http.SendAsync(request, TestContext.Current.CancellationToken);
        return response.StatusCode;
    }
}
