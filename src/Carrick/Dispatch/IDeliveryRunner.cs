using Carrick.Storage;

namespace Carrick.Dispatch;

/// <summary>Runs attempts for a consumer's pump.</summary>
internal interface IDeliveryRunner
{
    /// <summary>Starts an attempt and returns at once; ends with exactly one call of <see cref="ConsumerPump.Ended"/>.</summary>
    void Start(WorkItem item, ConsumerPump pump);

    /// <summary>The consumer's own rate holds back a delivery that could start.</summary>
    void HeldBack(ConsumerPump pump)
    {
    }
}

/// <summary>How an attempt left the delivery.</summary>
internal enum DeliveryEnd
{
    /// <summary>The work row is gone.</summary>
    Gone,

    /// <summary>The work row was gone already: an operator has discarded it, or it was ended by a commit whose answer was lost.</summary>
    Lost,

    /// <summary>Put off: <see cref="WorkItem.DueAt"/> says until when.</summary>
    PutOff,

    /// <summary>As if it had not been tried; the work row is as it was. Only while stopping.</summary>
    Returned,

    /// <summary>As if it had not been tried; it starts again as soon as it may.</summary>
    PutBack,
}
