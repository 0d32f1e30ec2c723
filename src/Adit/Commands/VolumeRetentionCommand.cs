using System.CommandLine;
using System.Text.Json;
using Adit.Api;
using Adit.Runner.Hubs;
using Adit.Terminal;

namespace Adit.Commands;

/// <summary><c>adit volume retention</c>.</summary>
internal static class VolumeRetentionCommand
{
    public static Command Create(HubAccessOptions access)
    {
        var volume = VolumeCommand.Volume();
        var last = Keep("--keep-last", "Keep the newest so many snapshots.");
        var days = Keep("--keep-days", "Keep all of the last so many days.");
        var hourly = Keep("--keep-hourly", "Keep the newest of an hour, for so many hours that have one.");
        var daily = Keep("--keep-daily", "Keep the newest of a day, likewise.");
        var weekly = Keep("--keep-weekly", "Keep the newest of a week, likewise.");
        var monthly = Keep("--keep-monthly", "Keep the newest of a month, likewise.");
        var yearly = Keep("--keep-yearly", "Keep the newest of a year, likewise.");
        var all = new Option<bool>("--keep-all") { Description = "Take the rule away: all snapshots stay." };
        var json = new Option<bool>("--json") { Description = "Print the rule as JSON." };
        var command = new Command(
            "retention", "Show or set which snapshots of a volume stay. Each part of a rule keeps by itself; branches and tags keep what they name. The hub lets go of the others once an hour.")
        {
            volume, last, days, hourly, daily, weekly, monthly, yearly, all, json,
        };
        Option<int?>[] parts = [last, days, hourly, daily, weekly, monthly, yearly];
        command.SetAction((parsed, cancellationToken) =>
        {
            var isSet = parts.Any(p => parsed.GetValue(p) is not null);
            if (isSet && parsed.GetValue(all))
                throw new CommandException(ExitCode.Usage, "--keep-all takes the rule away; leave out the other flags.");
            var rule = new RetentionRule
            {
                KeepLast = parsed.GetValue(last), KeepDays = parsed.GetValue(days), KeepHourly = parsed.GetValue(hourly), KeepDaily = parsed.GetValue(daily),
                KeepWeekly = parsed.GetValue(weekly), KeepMonthly = parsed.GetValue(monthly), KeepYearly = parsed.GetValue(yearly),
            };
            return RunAsync(access.Read(parsed), VolumeCommand.Parse(parsed.GetValue(volume)!), isSet || parsed.GetValue(all) ? rule : null, parsed.GetValue(json), cancellationToken);
        });
        return command;
    }

    /// <summary><c>the newest 10; one a day, 30 times; and what branches and tags name</c>; <c>all snapshots</c> for no rule.</summary>
    public static string Of(RetentionRule rule)
    {
        string[] parts =
        [
            .. Part(rule.KeepLast, "the newest {0}"), .. Part(rule.KeepDays, "all of the last {0} days"), .. Part(rule.KeepHourly, "one an hour, {0} times"), .. Part(rule.KeepDaily, "one a day, {0} times"),
            .. Part(rule.KeepWeekly, "one a week, {0} times"), .. Part(rule.KeepMonthly, "one a month, {0} times"), .. Part(rule.KeepYearly, "one a year, {0} times"),
        ];
        return parts.Length == 0 ? "all snapshots" : string.Join("; ", parts) + "; and what branches and tags name";
    }

    private static async Task<int> RunAsync(HubAccess hub, VolumeName name, RetentionRule? rule, bool json, CancellationToken cancellationToken)
    {
        using var api = new HubApi(hub.CreateHttpClient(), hub.Url);
        var now = rule is null ? await api.GetRetentionAsync(name, cancellationToken) : await api.SetRetentionAsync(name, rule, cancellationToken);
        if (json)
            Screen.Line(JsonSerializer.Serialize(now, VolumesJson.Default.RetentionRule));
        else
            Screen.Note($"{name} keeps {Of(now)}.{(rule is null || Of(now) == Of(new RetentionRule()) ? "" : $" 'adit volume prune {name} --dry-run' says what goes.")}");
        return ExitCode.Ok;
    }

    private static Option<int?> Keep(string name, string description) => new(name) { Description = description, HelpName = "N" };

    private static IEnumerable<string> Part(int? count, string words)
    {
        if (count is { } n)
            yield return string.Format(System.Globalization.CultureInfo.InvariantCulture, words, n);
    }
}
