namespace Carrick.Handlers;

/// <summary>A handler: runs inside the open transaction of its database; an exception rolls its writes back.</summary>
public delegate Task EventHandlerDelegate(EventContext context, CancellationToken cancellationToken);
