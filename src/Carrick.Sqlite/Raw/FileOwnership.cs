namespace Carrick.Sqlite.Raw;

/// <summary>A lock of the operating system on a file beside the database: it ends with the process, however that ends.</summary>
internal sealed class FileOwnership : IDisposable
{
    // EAGAIN of Linux and of macOS, ERROR_SHARING_VIOLATION of Windows.
    private static readonly int[] HeldByAnother = [11, 35, unchecked((int)0x8007_0020)];
    private readonly FileStream _stream;

    private FileOwnership(FileStream stream) => _stream = stream;

    /// <exception cref="StoreException">Another process holds it.</exception>
    public static FileOwnership Take(SqliteFile file)
    {
        try
        {
            return new FileOwnership(new FileStream(file.Path + ".lock", FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None));
        }
        catch (IOException error) when (HeldByAnother.Contains(error.HResult))
        {
            throw new StoreException(
                $"'{file.Name}' is in use by another process. Stop that one first, or give this one a database of its own.", StoreFailure.Taken, error);
        }
        catch (Exception error) when (error is UnauthorizedAccessException or IOException)
        {
            throw new StoreException($"The lock file of '{file.Name}' cannot be opened: {error.Message}", StoreFailure.Configuration, error);
        }
    }

    public void Dispose() => _stream.Dispose();
}
