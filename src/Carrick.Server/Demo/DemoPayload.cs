using System.Text.Json;

namespace Carrick.Server.Demo;

/// <summary>Writes bodies of about 1 KB in the shape that Stripe and GitHub send.</summary>
internal static class DemoPayload
{
    public static byte[] Write(DemoMessage message)
    {
        using var buffer = new MemoryStream(1_280);
        using (var json = new Utf8JsonWriter(buffer))
        {
            json.WriteStartObject();
            if (message.Integration == DemoScenario.Payments)
            {
                WriteStripe(json, message);
            }
            else
            {
                WriteGitHub(json, message);
            }

            json.WriteEndObject();
        }

        return buffer.ToArray();
    }

    private static void WriteStripe(Utf8JsonWriter json, DemoMessage message)
    {
        var tail = message.MessageId["evt_".Length..];
        json.WriteString("id", message.MessageId);
        json.WriteString("object", "event");
        json.WriteString("api_version", "2025-03-31.basil");
        json.WriteNumber("created", message.CreatedAt);
        json.WriteStartObject("data");
        json.WriteStartObject("object");
        json.WriteString("id", "ch_" + tail);
        json.WriteString("object", message.Type.StartsWith("invoice", StringComparison.Ordinal) ? "invoice" : "charge");
        json.WriteNumber("amount", message.Amount);
        json.WriteNumber("amount_captured", message.Amount);
        json.WriteString("balance_transaction", "txn_" + tail);
        json.WriteStartObject("billing_details");
        json.WriteString("email", $"{message.Subject.ToLowerInvariant()}@shop.example");
        json.WriteString("name", "Jenny Rosen");
        json.WriteStartObject("address");
        json.WriteString("city", "Ålesund");
        json.WriteString("country", "NO");
        json.WriteString("line1", "Kongens gate 7");
        json.WriteString("postal_code", "6002");
        json.WriteEndObject();
        json.WriteEndObject();
        json.WriteBoolean("captured", true);
        json.WriteString("currency", "eur");
        json.WriteString("customer", message.Subject);
        json.WriteString("description", "Order of the web shop");
        json.WriteString("payment_intent", "pi_" + tail);
        json.WriteString("payment_method", "pm_" + tail);
        json.WriteStartObject("outcome");
        json.WriteString("network_status", "approved_by_network");
        json.WriteString("risk_level", "normal");
        json.WriteString("seller_message", "Payment complete.");
        json.WriteString("type", "authorized");
        json.WriteEndObject();
        json.WriteString("receipt_url", $"https://pay.example/receipts/{tail}");
        json.WriteString("statement_descriptor_suffix", "WEB SHOP");
        json.WriteString("status", "succeeded");
        json.WriteEndObject();
        json.WriteEndObject();
        json.WriteBoolean("livemode", false);
        json.WriteNumber("pending_webhooks", 1);
        json.WriteStartObject("request");
        json.WriteString("id", "req_" + tail);
        json.WriteString("idempotency_key", tail);
        json.WriteEndObject();
        json.WriteString("type", message.Type);
    }

    private static void WriteGitHub(Utf8JsonWriter json, DemoMessage message)
    {
        var time = DateTimeOffset.FromUnixTimeSeconds(message.CreatedAt).UtcDateTime;
        var url = $"https://api.git.example/repos/{message.Subject}";
        json.WriteString("action", message.Type["issues.".Length..]);
        json.WriteStartObject("issue");
        json.WriteString("url", $"{url}/issues/{message.Amount}");
        json.WriteString("html_url", $"https://git.example/{message.Subject}/issues/{message.Amount}");
        json.WriteNumber("number", message.Amount);
        json.WriteString("title", "The totals of two invoices differ by a cent");
        json.WriteString("state", message.Type == "issues.opened" ? "open" : "closed");
        json.WriteString("body", "Rounding happens before the tax is added. Steps: make an invoice with three lines of 0.333, compare it with the receipt.");
        json.WriteNumber("comments", 0);
        json.WriteString("updated_at", time);
        WriteUser(json, "user", "octo-dev");
        json.WriteEndObject();
        json.WriteStartObject("repository");
        json.WriteString("full_name", message.Subject);
        json.WriteBoolean("private", true);
        json.WriteString("url", url);
        json.WriteString("default_branch", "main");
        json.WriteString("visibility", "private");
        json.WriteEndObject();
        WriteUser(json, "sender", "octo-dev");
    }

    private static void WriteUser(Utf8JsonWriter json, string name, string login)
    {
        json.WriteStartObject(name);
        json.WriteString("login", login);
        json.WriteNumber("id", 583_231);
        json.WriteString("url", $"https://api.git.example/users/{login}");
        json.WriteString("type", "User");
        json.WriteBoolean("site_admin", false);
        json.WriteEndObject();
    }
}
