namespace Carrick.TestServices.Processes;

/// <summary>
/// The shell script that is the parent of a service. Lines of its input are names of signals for the service; the end of its input means that the
/// tests are gone, whatever has ended them: then the service is ended too and its folder deleted. A signal that the system sends at the parent's death
/// would not do, because to the system the parent is the thread that has started the process, not the tests.
/// </summary>
internal static class ServiceGuard
{
    /// <summary>Arguments: a log file, a folder, the signal that ends an abandoned service, the command of the service.</summary>
    public const string Script =
        """
        log=$1 folder=$2 last=$3
        shift 3
        exec 3<&0 >> "$log" 2>&1
        # These come from a terminal, to the tests as well, which then end and so end the service.
        trap '' INT TERM HUP
        "$@" < /dev/null 3<&- &
        service=$!
        (
          while read -r signal <&3; do kill -s "$signal" "$service"; done
          trap '' USR1
          while kill -s "$last" "$service" 2> /dev/null; do sleep 0.1; done
          rm -rf "$folder"
        ) &
        reader=$!
        wait "$service"
        kill -s USR1 "$reader"
        """;
}
