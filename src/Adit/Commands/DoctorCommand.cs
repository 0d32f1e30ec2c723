using System.CommandLine;
using System.Text.Json;
using Adit.Api;
using Adit.Doctor;
using Adit.Runner.Agent;
using Adit.Runner.Hubs;
using Adit.Terminal;

namespace Adit.Commands;

/// <summary><c>adit doctor</c>: what is wrong with a hub, the way to it and this machine, and how to mend it.</summary>
internal static class DoctorCommand
{
    private const int NameWidth = 12;
    private static readonly string Below = new(' ', "  FAIL ".Length + NameWidth + 1);

    public static Command Create()
    {
        var access = new HubAccessOptions();
        var data = RunnerFlags.Data();
        var json = new Option<bool>("--json") { Description = "Print a JSON object." };
        var command = new Command(
            "doctor",
            "Look at the hub, the way to it, its runners and this machine, and say what is wrong and how to mend it. Ends with 1 when something does "
                + "not work.") { data, json };
        access.AddTo(command);
        command.SetAction((parsed, cancellationToken) => RunAsync(access.ReadIfAny(parsed), RunnerFlags.DataOf(parsed, data), parsed.GetValue(json), cancellationToken));
        return command;
    }

    private static async Task<int> RunAsync(HubAccess? hub, string data, bool json, CancellationToken cancellationToken)
    {
        var examination = hub is null ? null : new HubExamination(hub);
        if (examination is not null)
            await examination.RunAsync(cancellationToken);
        var diagnosis = new Diagnosis
        {
            Hub = hub?.Url.GetLeftPart(UriPartial.Authority),
            Way = examination?.Way ?? [Check.Warning("hub", "No hub is named, so none was looked at.", "Give --hub URL or set ADIT_HUB.")],
            Own = examination?.Own,
            Machine = await MachineChecks.LookAsync(data, TimeProvider.System, cancellationToken),
        };
        if (json)
            Screen.Line(JsonSerializer.Serialize(diagnosis, DiagnosisJson.Default.Diagnosis));
        else
            Show(diagnosis);
        return diagnosis.All.Any(static c => c.Outcome == CheckOutcome.Failed) ? ExitCode.Failed : ExitCode.Ok;
    }

    private static void Show(Diagnosis diagnosis)
    {
        Show(diagnosis.Hub is null ? "The hub" : $"From here to {diagnosis.Hub}", diagnosis.Way);
        if (diagnosis.Own is { } own)
            Show($"The hub itself, its runners and tasks ({own.Version})", own.Items);
        Show("This machine, as a runner", diagnosis.Machine);
        var failed = diagnosis.All.Count(static c => c.Outcome == CheckOutcome.Failed);
        var warnings = diagnosis.All.Count(static c => c.Outcome == CheckOutcome.Warning);
        Screen.Line((failed, warnings) switch
        {
            (0, 0) => "Nothing is wrong.",
            (0, _) => $"Nothing is broken; {Of(warnings, "warning")}.",
            _ => $"{Of(failed, "failure")}, {Of(warnings, "warning")}.",
        });
    }

    private static void Show(string title, IReadOnlyList<Check> checks)
    {
        Screen.Line(title);
        foreach (var check in checks)
        {
            Screen.Line($"  {Mark(check.Outcome)} {check.Name.PadRight(NameWidth)} {check.Finding}");
            if (check.Remedy is not null)
                Screen.Line($"{Below}-> {check.Remedy}");
        }

        Screen.Line("");
    }

    private static string Mark(CheckOutcome outcome) => outcome switch
    {
        CheckOutcome.Ok => Colored("ok  ", 32),
        CheckOutcome.Warning => Colored("warn", 33),
        _ => Colored("FAIL", 31),
    };

    private static string Colored(string word, int color) => Screen.HasColor ? $"\x1b[{color}m{word}{AnsiText.Reset(color: true)}" : word;

    private static string Of(int count, string word) => count == 1 ? $"1 {word}" : $"{count} {word}s";
}
