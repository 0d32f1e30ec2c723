using System.CommandLine;
using Adit.Bench;
using Adit.Bench.Backend;
using Adit.Bench.Content;

var quick = new Option<bool>("--quick") { Description = "Short rounds: a smoke test, not figures." };
var full = new Option<bool>("--full") { Description = "Long rounds, and ten minutes of tunnels made and removed." };
var json = new Option<bool>("--json") { Description = "Print JSON instead of a table." };
var adit = new Option<FileInfo>("--adit") { Description = "The executable to measure.", Required = true };

var root = new RootCommand("Measures Adit beside named references on the same data, in the same run.");
Add("tunnels", "Tunnels, runners and tasks.", Measurements.Tunnels.Keys);
Add("content", "The content store beside restic and borg.", Measurements.Content.Keys);

var serve = new Command("serve", "The backend, as the bench starts it.") { Hidden = true };
serve.SetAction((_, cancellationToken) => BackendServer.RunAsync(Console.Out, cancellationToken));
root.Add(serve);

var serveKestrel = new Command("serve-kestrel", "A bare Kestrel that holds WebSockets, as the bench starts it.") { Hidden = true };
serveKestrel.SetAction((_, cancellationToken) => KestrelReference.RunAsync(Console.Out, cancellationToken));
root.Add(serveKestrel);

var directory = new Argument<string>("directory");
var store = new Argument<string>("store");
var snapshot = new Command("store-snapshot", "A snapshot, as the bench takes it.") { directory, store };
snapshot.Hidden = true;
snapshot.SetAction((parsed, cancellationToken) => StoreWork.SnapshotAsync(parsed.GetRequiredValue(directory), parsed.GetRequiredValue(store), cancellationToken));
root.Add(snapshot);
var restore = new Command("store-restore", "A restore, as the bench does it.") { directory, store };
restore.Hidden = true;
restore.SetAction((parsed, cancellationToken) => StoreWork.RestoreAsync(parsed.GetRequiredValue(directory), parsed.GetRequiredValue(store), cancellationToken));
root.Add(restore);

var make = new Command("make-mixed", "Makes the mixed data set of the content bench in a directory, 256 MB of each kind: to look at, or to profile with.") { directory };
make.SetAction(parsed => DataSets.MakeMixed(parsed.GetRequiredValue(directory), 256L << 20));
root.Add(make);

// On Ctrl-C everything that was started is ended, which takes a moment.
return await root.Parse(args).InvokeAsync(new InvocationConfiguration { ProcessTerminationTimeout = TimeSpan.FromSeconds(30) });

void Add(string name, string description, IEnumerable<string> all)
{
    var measurements = new Argument<string[]>("measurement") { Description = $"What to measure: {string.Join(", ", all)}; all of them when none is named." };
    measurements.AcceptOnlyFromAmong([.. all]);
    var bench = new Command(name, description) { measurements, quick, full, json, adit };
    bench.SetAction((parsed, cancellationToken) => Measurements.RunAsync(
        name,
        parsed.GetRequiredValue(adit).FullName,
        parsed.GetValue(measurements) ?? [],
        parsed.GetValue(quick) ? Effort.Quick : parsed.GetValue(full) ? Effort.Full : Effort.Normal,
        parsed.GetValue(json),
        cancellationToken));
    root.Add(bench);
}
