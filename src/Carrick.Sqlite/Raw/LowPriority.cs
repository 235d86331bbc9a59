using System.Runtime.InteropServices;

namespace Carrick.Sqlite.Raw;

/// <summary>Puts the current thread behind the others of the process. On Linux .NET's own priorities have no effect, so the thread's nice value is raised, which needs no permission.</summary>
internal static partial class LowPriority
{
    private const int OfProcessOrThread = 0;
    private const int Nice = 10;

    public static void Apply()
    {
        if (OperatingSystem.IsLinux())
        {
            // Of this thread only: 0 is the caller, and to Linux each thread is one. If it is refused, the thread is as the others are.
            _ = SetPriority(OfProcessOrThread, 0, Nice);
        }
        else
        {
            Thread.CurrentThread.Priority = ThreadPriority.BelowNormal;
        }
    }

    [LibraryImport("libc", EntryPoint = "setpriority")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int SetPriority(int which, int who, int priority);
}
