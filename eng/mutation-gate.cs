// Reads a report of Stryker and the list of equivalent mutants. Prints every other mutant that survived; exit code 1 if there is one, or if
// nothing was tested.
using System.Text.Json;

var report = JsonDocument.Parse(File.ReadAllText(args[0])).RootElement.GetProperty("files");
var equivalent = File.ReadAllLines(args[1]).Where(line => line.Length > 0 && line[0] != '#').Select(line => line.Split('\t')).ToArray();
var (killed, accepted, survived) = (0, 0, 0);

foreach (var file in report.EnumerateObject())
{
    var source = file.Value.GetProperty("source").GetString()!.Split('\n');
    foreach (var mutant in file.Value.GetProperty("mutants").EnumerateArray())
    {
        switch (mutant.GetProperty("status").GetString())
        {
            case "Killed" or "Timeout":
                killed++;
                break;
            case "Survived" or "NoCoverage":
                var number = mutant.GetProperty("location").GetProperty("start").GetProperty("line").GetInt32();
                var line = source[number - 1].Trim();
                var replacement = mutant.GetProperty("replacement").GetString()!;
                if (Array.Exists(equivalent, item => file.Name.EndsWith(item[0], StringComparison.Ordinal) && item[1] == line && item[2] == replacement))
                {
                    accepted++;
                    break;
                }

                survived++;
                Console.WriteLine($"{file.Name}:{number}: {mutant.GetProperty("status").GetString()}: {line}\n    became {replacement}");
                break;
        }
    }
}

Console.WriteLine($"{killed} killed, {accepted} equivalent, {survived} survived");
return survived == 0 && killed > 0 ? 0 : 1;
