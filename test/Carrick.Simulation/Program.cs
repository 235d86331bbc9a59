using Carrick.Simulation;
using Carrick.Simulation.Scheduling;

if (args is ["--help" or "-h"])
{
    Console.WriteLine(SimulationOptions.UsageText);
    return ExitCode.Clean;
}

if (SimulationOptions.TryParse(args, Console.Error) is not { } options)
{
    return ExitCode.Usage;
}

if (!Scheduler.IsDeterministic)
{
    Console.Error.WriteLine("The thread pool has more than one worker, so that no seed would repeat anything: start carrick-simulate with its own runtimeconfig.json.");
    return ExitCode.Unfinished;
}

return options.Workers == 1 ? new Worker(options, Console.Out).Run() : new Coordinator(options, Console.Out).Run();
