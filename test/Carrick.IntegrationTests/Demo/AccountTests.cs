using Carrick.Server.Demo;

namespace Carrick.IntegrationTests.Demo;

public sealed class AccountTests
{
    [Fact]
    public void Account_EverythingAgrees_HasNoDisagreement()
    {
        var account = Account.Of(Honest());

        Assert.Empty(account.Disagreements);
        Assert.Equal((6, 3, 1, 2), (account.Sent, account.Accepted, account.Duplicates, account.Refused));
        Assert.Equal((2, 1), (account.Booked, account.Skipped));
        Assert.Equal((4, 4), (account.Owed, account.Delivered));
    }

    [Fact]
    public void Account_BookedTwice_Disagrees() =>
        Disagrees(Honest() with { Bookings = [.. Honest().Bookings, Honest().Bookings[0]] }, "booked once");

    [Fact]
    public void Account_BookingLost_Disagrees() => Disagrees(Honest() with { Bookings = [Honest().Bookings[0]] }, "either booked or skipped");

    [Fact]
    public void Account_BookingOfRefusedMessage_Disagrees() =>
        Disagrees(Honest() with { Bookings = [.. Honest().Bookings, Booking("forged", 5)] }, "Booked messages were accepted");

    [Fact]
    public void Account_LateMessageBooked_Disagrees() =>
        Disagrees(Honest() with { Skipped = new HashSet<string>(), Bookings = [.. Honest().Bookings, Booking("late", 30)] }, "Exactly the late");

    [Fact]
    public void Account_BalanceWrong_Disagrees() =>
        Disagrees(Honest() with { Balances = new Dictionary<string, long> { ["cus_1"] = 31 } }, "Balances");

    [Fact]
    public void Account_EventNotStored_Disagrees() =>
        Disagrees(Honest() with { Events = Honest().Events.Where(pair => pair.Key != "evt_1").ToDictionary() }, "Accepted messages are stored");

    [Fact]
    public void Account_RefusedMessageStored_Disagrees() =>
        Disagrees(Honest() with { Events = Honest().Events.Append(new("evt_9", new("payments", "forged"))).ToDictionary() }, "Stored events were accepted");

    [Fact]
    public void Account_ForgedMessageAccepted_Disagrees() =>
        Disagrees(Reply("forged", reply => reply with { Status = 200, EventId = "evt_9" }), "Forged and stale");

    [Fact]
    public void Account_GoodMessageRefused_Disagrees() => Disagrees(Reply("second", reply => reply with { Status = 400, EventId = null }), "Good messages");

    [Fact]
    public void Account_DuplicateTakenAsNew_Disagrees() =>
        Disagrees(Honest() with { Replies = [.. Honest().Replies.Select(reply => reply with { Duplicate = false })] }, "2 times as new");

    [Fact]
    public void Account_DuplicateWithAnotherEvent_Disagrees() =>
        Disagrees(
            Honest() with { Replies = [.. Honest().Replies.Select(reply => reply.Duplicate ? reply with { EventId = "evt_8" } : reply)] }, "as 2 events");

    [Fact]
    public void Account_DeliveryMissing_Disagrees() =>
        Disagrees(Honest() with { Delivered = Honest().Delivered.Skip(1).ToDictionary() }, "reach their endpoints");

    [Fact]
    public void Account_DeliveryNotOwed_Disagrees() =>
        Disagrees(Honest() with { Delivered = new Dictionary<DeliveryKey, int>(Honest().Delivered) { [new("ci", "evt_1")] = 1 } }, "is owed to it");

    [Fact]
    public void Account_DeliveredTwice_Agrees() =>
        Assert.Empty(Account.Of(Honest() with { Delivered = Honest().Delivered.ToDictionary(pair => pair.Key, _ => 2) }).Disagreements);

    [Fact]
    public void Account_DeadLettersNotReplayed_Disagrees() => Disagrees(Honest() with { Dead = 3, Replayed = 2 }, "3 dead letters were counted and 2 replayed");

    [Fact]
    public void Account_Leftovers_Disagrees()
    {
        Disagrees(Honest() with { DeadLeft = 1 }, "dead letters are left");
        Disagrees(Honest() with { Outstanding = 1 }, "have not ended");
        Disagrees(Honest() with { BadSignatures = 1 }, "signature that does not hold");
        Disagrees(Honest() with { Early = 1 }, "before the time of Retry-After");
    }

    private static void Disagrees(Evidence evidence, string words) =>
        Assert.Contains(Account.Of(evidence).Disagreements, disagreement => disagreement.Contains(words, StringComparison.Ordinal));

    private static Evidence Reply(string messageId, Func<DemoReply, DemoReply> change) =>
        Honest() with { Replies = [.. Honest().Replies.Select(reply => reply.Message.MessageId == messageId ? change(reply) : reply)] };

    private static Booking Booking(string messageId, long amount) => new(new MessageKey("payments", messageId), "cus_1", amount);

    /// <summary>Two charges, a late refund, a duplicate, and two refused requests.</summary>
    private static Evidence Honest()
    {
        DemoMessage Message(string id, DemoKind kind, long amount, string type = "charge.succeeded") => new()
        {
            Kind = kind,
            Integration = "payments",
            MessageId = id,
            Type = type,
            Subject = "cus_1",
            CreatedAt = amount,
            Amount = amount,
        };
        return new Evidence
        {
            Replies =
            [
                new DemoReply(Message("first", DemoKind.InOrder, 10), 200, "evt_1", false),
                new DemoReply(Message("first", DemoKind.Duplicate, 10), 200, "evt_1", true),
                new DemoReply(Message("second", DemoKind.InOrder, 20), 200, "evt_2", false),
                new DemoReply(Message("late", DemoKind.Late, 30, "charge.refunded"), 200, "evt_3", false),
                new DemoReply(Message("forged", DemoKind.WrongSecret, 40), 400, null, false),
                new DemoReply(Message("stale", DemoKind.Stale, 50), 400, null, false),
            ],
            Events = new Dictionary<string, MessageKey>
            {
                ["evt_1"] = new("payments", "first"),
                ["evt_2"] = new("payments", "second"),
                ["evt_3"] = new("payments", "late"),
            },
            Skipped = new HashSet<string> { "evt_3" },
            Bookings = [Booking("first", 10), Booking("second", 20)],
            Balances = new Dictionary<string, long> { ["cus_1"] = 30 },
            Delivered = new Dictionary<DeliveryKey, int>
            {
                [new("shop", "evt_1")] = 1,
                [new("shop", "evt_2")] = 1,
                [new("shop", "evt_3")] = 1,
                [new(FaultPlan.GoneEndpoint, "evt_3")] = 1,
            },
        };
    }
}
