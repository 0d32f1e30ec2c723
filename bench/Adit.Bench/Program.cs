using System.CommandLine;
using Adit.Bench;
using Adit.Bench.Backend;

var measurements = new Argument<string[]>("measurement") { Description = $"What to measure: {string.Join(", ", Measurements.All.Keys)}; all of them when none is named." };
measurements.AcceptOnlyFromAmong([.. Measurements.All.Keys]);
var quick = new Option<bool>("--quick") { Description = "Short rounds: a smoke test, not figures." };
var full = new Option<bool>("--full") { Description = "Long rounds, and ten minutes of tunnels made and removed." };
var json = new Option<bool>("--json") { Description = "Print JSON instead of a table." };
var adit = new Option<FileInfo>("--adit") { Description = "The executable to measure.", Required = true };

var root = new RootCommand("Measures Adit's tunnels beside a named reference on the same backend, in the same run.") { measurements, quick, full, json, adit };
root.SetAction((parsed, cancellationToken) => Measurements.RunAsync(
    parsed.GetRequiredValue(adit).FullName,
    parsed.GetValue(measurements) ?? [],
    parsed.GetValue(quick) ? Effort.Quick : parsed.GetValue(full) ? Effort.Full : Effort.Normal,
    parsed.GetValue(json),
    cancellationToken));

var serve = new Command("serve", "The backend, as the bench starts it.") { Hidden = true };
serve.SetAction((_, cancellationToken) => BackendServer.RunAsync(Console.Out, cancellationToken));
root.Add(serve);

var serveKestrel = new Command("serve-kestrel", "A bare Kestrel that holds WebSockets, as the bench starts it.") { Hidden = true };
serveKestrel.SetAction((_, cancellationToken) => KestrelReference.RunAsync(Console.Out, cancellationToken));
root.Add(serveKestrel);

// On Ctrl-C everything that was started is ended, which takes a moment.
return await root.Parse(args).InvokeAsync(new InvocationConfiguration { ProcessTerminationTimeout = TimeSpan.FromSeconds(30) });
