using Carrick.Checking;

return CheckCommand.Run(args, Console.Out, Console.Error);
