using System.Reflection;

namespace Carrick.Tests.Peers;

/// <summary>Passes every call of an interface on and counts it by name.</summary>
internal class CountingProxy<T> : DispatchProxy
    where T : class
{
    private T? _inner;
    private Action<string>? _count;
    private Func<string, object?, object?>? _replace;

    /// <param name="inner">Who answers.</param>
    /// <param name="count">Told the name of each method.</param>
    /// <param name="replace">May put another result in the place of a method's own.</param>
    public static T Wrap(T inner, Action<string> count, Func<string, object?, object?>? replace = null)
    {
        var proxy = Create<T, CountingProxy<T>>();
        var self = (CountingProxy<T>)(object)proxy;
        (self._inner, self._count, self._replace) = (inner, count, replace);
        return proxy;
    }

    protected override object? Invoke(MethodInfo? targetMethod, object?[]? args)
    {
        _count!(targetMethod!.Name);
        try
        {
            var result = targetMethod.Invoke(_inner, args);
            return _replace is null ? result : _replace(targetMethod.Name, result);
        }
        catch (TargetInvocationException exception)
        {
            System.Runtime.ExceptionServices.ExceptionDispatchInfo.Throw(exception.InnerException!);
            throw;
        }
    }
}
