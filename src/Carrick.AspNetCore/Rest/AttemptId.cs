namespace Carrick.Rest;

/// <summary>The ids of attempts: nothing stores them, the delivery and the number make them.</summary>
internal static class AttemptId
{
    // The low half names the store and is the same for all its deliveries; the number changes only its last 32 bits.
    public static string Of(RecordId delivery, int number) =>
        new RecordId(delivery.High, delivery.Low ^ (uint)number).ToString(IdPrefix.Attempt);
}
