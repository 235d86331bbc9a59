using System.Net;
using System.Text;
using System.Text.RegularExpressions;

namespace Carrick.IntegrationTests.Storefront;

public sealed class StorefrontTests
{
    private static readonly object Session = new { id = "cs_1", payment_intent = "pi_1", customer = "cus_1", amount_total = 4_200, currency = "eur" };

    [Fact]
    public async Task Checkout_DeliveredTwice_IsOneOrder()
    {
        await using var shop = await StorefrontHost.StartAsync();

        Assert.False(await shop.PostStripeAsync("evt_1", "checkout.session.completed", Session));
        Assert.True(await shop.PostStripeAsync("evt_1", "checkout.session.completed", Session));

        await shop.UntilAsync("SELECT count(*) FROM orders WHERE Id = 'cs_1' AND Total = 4200", 1);
        await shop.PostStripeAsync("evt_2", "checkout.session.completed", new { id = "cs_2", payment_intent = "pi_2", amount_total = 1, currency = "eur" });
        await shop.UntilAsync("SELECT count(*) FROM orders", 2);
        Assert.Equal(2, shop.Count("SELECT count(*) FROM processed_events WHERE consumer = 'payments/checkout.session.completed'"));
    }

    [Fact]
    public async Task Checkout_Placed_ReachesTheWarehouseSigned()
    {
        await using var shop = await StorefrontHost.StartAsync();
        await shop.PostStripeAsync("evt_1", "checkout.session.completed", Session);

        await StorefrontHost.UntilAsync(() => !shop.Deliveries.IsEmpty, "nothing reached the warehouse");
        var delivery = Assert.Single(shop.Deliveries);
        Assert.Contains("\"order\":\"cs_1\"", Encoding.UTF8.GetString(delivery.Body), StringComparison.Ordinal);

        // The warehouse's own check: Standard Webhooks with the shared secret.
        var headers = delivery.Headers.Where(header => header.Key.StartsWith("webhook-", StringComparison.OrdinalIgnoreCase)).ToList();
        using var accepted = await shop.SendAsync("/webhooks/warehouse", delivery.Body, headers);
        using var forged = await shop.SendAsync("/webhooks/warehouse", [.. delivery.Body, (byte)' '], headers);
        Assert.Equal((HttpStatusCode.OK, HttpStatusCode.BadRequest), (accepted.StatusCode, forged.StatusCode));
        await shop.UntilAsync("SELECT count(*) FROM parcels WHERE \"Order\" = 'cs_1'", 1);
    }

    [Fact]
    public async Task Refund_HandlerThrows_RollsBackItsRowsAndTheLedgerUntilTheOrderComes()
    {
        await using var shop = await StorefrontHost.StartAsync();
        await shop.PostStripeAsync("evt_1", "charge.refunded", new { id = "ch_1", payment_intent = "pi_1", amount_refunded = 4_200 });

        await RetryingAsync(shop);
        Assert.Equal(0, shop.Count("SELECT count(*) FROM refunds"));
        Assert.Equal(0, shop.Count("SELECT count(*) FROM processed_events"));

        await shop.PostStripeAsync("evt_2", "checkout.session.completed", Session);
        await shop.UntilAsync("SELECT count(*) FROM orders WHERE Refunded = 4200", 1);
        Assert.Equal(1, shop.Count("SELECT count(*) FROM refunds"));
        Assert.Equal(2, shop.Count("SELECT count(*) FROM processed_events"));
    }

    [Fact]
    public async Task Checkout_ForeignCurrency_IsDeadAtOnceAndLeavesNoRow()
    {
        await using var shop = await StorefrontHost.StartAsync();
        await shop.PostStripeAsync("evt_1", "checkout.session.completed", new { id = "cs_1", payment_intent = "pi_1", amount_total = 1, currency = "usd" });

        await StorefrontHost.UntilAsync(() => shop.Consumer("payments/checkout.session.completed").Depth.Dead == 1, "it is no dead letter");
        Assert.Equal(0, shop.Count("SELECT count(*) FROM orders"));
        Assert.Equal(0, shop.Count("SELECT count(*) FROM carrick_outbox"));
    }

    [Fact]
    public async Task Customer_LateUpdate_IsSkipped()
    {
        await using var shop = await StorefrontHost.StartAsync();
        await shop.PostStripeAsync("evt_2", "customer.updated", new { id = "cus_1", email = "new@shop.example" }, created: 2_000);
        await shop.UntilAsync("SELECT count(*) FROM customers WHERE Email = 'new@shop.example'", 1);
        await shop.PostStripeAsync("evt_1", "customer.updated", new { id = "cus_1", email = "old@shop.example" }, created: 1_000);
        await shop.PostStripeAsync("evt_3", "customer.updated", new { id = "cus_2", email = "other@shop.example" }, created: 1_000);

        await shop.UntilAsync("SELECT count(*) FROM customers", 2);
        Assert.Equal(1, shop.Count("SELECT count(*) FROM customers WHERE Email = 'new@shop.example'"));
    }

    [Fact]
    public async Task Page_TestOrderAndRefund_AreShown()
    {
        await using var shop = await StorefrontHost.StartAsync();
        await PressAsync(shop, "/?handler=Order");
        await shop.UntilAsync("SELECT count(*) FROM orders", 1);
        Assert.Contains("cs_test_", await PageAsync(shop), StringComparison.Ordinal);

        var form = Regex.Match(await PageAsync(shop), "action=\"([^\"]*handler=Refund[^\"]*)\"").Groups[1].Value;
        await PressAsync(shop, WebUtility.HtmlDecode(form));
        await shop.UntilAsync("SELECT count(*) FROM orders WHERE Refunded = Total", 1);
        Assert.Contains("refunded", await PageAsync(shop), StringComparison.Ordinal);
    }

    private static Task<string> PageAsync(StorefrontHost shop) =>
        shop.Http.GetStringAsync(new Uri("/", UriKind.Relative), TestContext.Current.CancellationToken);

    private static async Task PressAsync(StorefrontHost shop, string action)
    {
        var token = Regex.Match(await PageAsync(shop), "name=\"__RequestVerificationToken\" type=\"hidden\" value=\"([^\"]+)\"").Groups[1].Value;
        using var form = new FormUrlEncodedContent([KeyValuePair.Create("__RequestVerificationToken", token)]);
        using var response = await shop.Http.PostAsync(new Uri(action, UriKind.Relative), form, TestContext.Current.CancellationToken);
        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
    }

    private static Task RetryingAsync(StorefrontHost shop) =>
        StorefrontHost.UntilAsync(() => shop.Consumer("payments/charge.refunded").Depth.Delayed == 1, "the refund is not tried again");
}
