using Adit.Bench.Report;

namespace Adit.Bench.Content;

/// <summary>The content store beside restic and borg on the same files: first snapshots, unchanged files, an edit, a restore, and what it takes on the disk.</summary>
internal static class KeepersBench
{
    public static async Task<IReadOnlyList<Finding>> MixedAsync(BenchRun run, CancellationToken cancellationToken)
    {
        const string Name = "mixed";
        var data = Path.Combine(run.Scratch, "mixed");
        DataSets.MakeMixed(data, run.Pick(16L, 256, 1024) << 20);
        var bytes = Size(data) / 1e6;
        var took = await EachAsync(run, Name, data, restore: true, cancellationToken);
        var (adit, restic, borg) = (took["adit"], took["restic"], took["borg"]);
        return
        [
            Line(Name, "first snapshot, MB per second of CPU, beside borg", bytes / adit.First.Cpu, "MB/s", "borg", bytes / borg.First.Cpu, Target.AtLeastTimes(2)),
            Line(Name, "first snapshot, MB per second of CPU, beside restic", bytes / adit.First.Cpu, "MB/s", "restic", bytes / restic.First.Cpu, Target.AtLeastTimes(4)),
            Line(Name, "first snapshot, wall time, beside borg", adit.First.Wall, "s", "borg", borg.First.Wall, Target.AtMostTimes(1)),
            Line(Name, "first snapshot, wall time, beside restic", adit.First.Wall, "s", "restic", restic.First.Wall, Target.AtMostTimes(1)),
            Line(Name, "stored, beside the smaller peer", adit.Stored / 1e6, "MB", restic.Stored < borg.Stored ? "restic" : "borg", Math.Min(restic.Stored, borg.Stored) / 1e6, Target.AtMostTimes(1.05)),
            Line(Name, "restore, MB per second of CPU, beside the better peer", bytes / adit.Restore.Cpu, "MB/s", Better(restic.Restore.Cpu, borg.Restore.Cpu), bytes / Math.Min(restic.Restore.Cpu, borg.Restore.Cpu), Target.AtLeastTimes(1.5)),
            Line(Name, "restore, wall time, beside the better peer", adit.Restore.Wall, "s", Better(restic.Restore.Wall, borg.Restore.Wall), Math.Min(restic.Restore.Wall, borg.Restore.Wall), null),
            new Finding { Measurement = Name, What = "first snapshot, memory", Value = adit.First.Peak / 1e6, Unit = "MB" },
        ];
    }

    public static async Task<IReadOnlyList<Finding>> SmallAsync(BenchRun run, CancellationToken cancellationToken)
    {
        const string Name = "small";
        var files = run.Pick(5_000, 100_000, 100_000);
        var data = Path.Combine(run.Scratch, "small");
        DataSets.MakeSmallFiles(data, files, files / 500, 40);
        var took = await EachAsync(run, Name, data, restore: true, cancellationToken);
        var (adit, restic, borg) = (took["adit"], took["restic"], took["borg"]);
        return
        [
            Line(Name, "first snapshot, files per second of CPU", files / adit.First.Cpu, "/s", Better(restic.First.Cpu, borg.First.Cpu), files / Math.Min(restic.First.Cpu, borg.First.Cpu), Target.AtLeastValue(60_000)),
            Line(Name, "restore, files per second of CPU", files / adit.Restore.Cpu, "/s", Better(restic.Restore.Cpu, borg.Restore.Cpu), files / Math.Min(restic.Restore.Cpu, borg.Restore.Cpu), Target.AtLeastTimes(1.5)),
            Line(Name, "stored, beside the smaller peer", adit.Stored / 1e6, "MB", restic.Stored < borg.Stored ? "restic" : "borg", Math.Min(restic.Stored, borg.Stored) / 1e6, Target.AtMostTimes(1.05)),
        ];
    }

    public static async Task<IReadOnlyList<Finding>> UnchangedAsync(BenchRun run, CancellationToken cancellationToken)
    {
        const string Name = "unchanged";
        var files = run.Pick(20_000, 1_000_000, 1_000_000);
        var data = Path.Combine(run.Scratch, "many");
        DataSets.MakeSmallFiles(data, files, files / 1000, 24);
        var took = await EachAsync(run, Name, data, restore: false, cancellationToken);
        var (adit, restic, borg) = (took["adit"], took["restic"], took["borg"]);
        return
        [
            Line(Name, "nothing changed, files per second of CPU", files / adit.Again.Cpu, "/s", null, null, Target.AtLeastValue(300_000)),
            Line(Name, "nothing changed, files per second of CPU, beside restic", files / adit.Again.Cpu, "/s", "restic", files / restic.Again.Cpu, Target.AtLeastTimes(5)),
            Line(Name, "nothing changed, files per second of CPU, beside borg", files / adit.Again.Cpu, "/s", "borg", files / borg.Again.Cpu, Target.AtLeastTimes(5)),
            new Finding { Measurement = Name, What = "first snapshot, memory", Value = adit.First.Peak / 1e6, Unit = "MB", Target = Target.AtMostValue(400) },
            new Finding { Measurement = Name, What = "nothing changed, memory", Value = adit.Again.Peak / 1e6, Unit = "MB", Target = Target.AtMostValue(400) },
            new Finding { Measurement = Name, What = "nothing changed, wall time", Value = adit.Again.Wall, Unit = "s" },
        ];
    }

    public static async Task<IReadOnlyList<Finding>> EditAsync(BenchRun run, CancellationToken cancellationToken)
    {
        const string Name = "edit";
        var data = Path.Combine(run.Scratch, "table");
        var findings = new Dictionary<string, double>();
        foreach (var keeper in Keepers(run, Name))
        {
            Directory.CreateDirectory(data);
            var table = Path.Combine(data, "table.csv");
            DataSets.MakeTable(table, run.Pick(16L, 256, 256) << 20, 7);
            await keeper.InitAsync(cancellationToken);
            await keeper.SnapshotAsync(data, cancellationToken);
            var before = keeper.Stored();
            DataSets.EditTable(table);
            await keeper.SnapshotAsync(data, cancellationToken);
            findings[keeper.Name] = (keeper.Stored() - before) / 1e6;
            BenchRun.Say($"{keeper.Name}: {findings[keeper.Name]:0.000} MB more");
        }

        return
        [
            Line(Name, "a line at the front and one in the middle of a table: stored", findings["adit"], "MB", "restic", findings["restic"], Target.AtMostValue(0.3)),
            Line(Name, "the same beside borg", findings["adit"], "MB", "borg", findings["borg"], null),
        ];
    }

    private static async Task<Dictionary<string, (Work First, Work Again, Work Restore, long Stored)>> EachAsync(
        BenchRun run, string name, string data, bool restore, CancellationToken cancellationToken)
    {
        // Files must be older than what a file system may keep as one moment.
        await Task.Delay(TimeSpan.FromSeconds(3), TimeProvider.System, cancellationToken);
        var took = new Dictionary<string, (Work, Work, Work, long)>();
        // Everybody finds the files in memory: they are read once before.
        foreach (var file in Directory.EnumerateFiles(data, "*", SearchOption.AllDirectories))
            _ = File.ReadAllBytes(file);
        foreach (var keeper in Keepers(run, name))
        {
            await keeper.InitAsync(cancellationToken);
            var first = await keeper.SnapshotAsync(data, cancellationToken);
            var stored = keeper.Stored();
            var again = await keeper.SnapshotAsync(data, cancellationToken);
            var back = default(Work);
            if (restore)
            {
                var target = Path.Combine(run.Scratch, $"{name}-{keeper.Name}-back");
                back = await keeper.RestoreAsync(target, cancellationToken);
                Directory.Delete(target, recursive: true);
            }

            took[keeper.Name] = (first, again, back, stored);
            BenchRun.Say($"{keeper.Name}: first {first.Cpu:0.00} s CPU, {first.Wall:0.0} s; again {again.Cpu:0.00} s, {again.Wall:0.0} s; restore {back.Cpu:0.00} s, {back.Wall:0.0} s; stored {stored / 1e6:0.0} MB");
        }

        return took;
    }

    private static Keeper[] Keepers(BenchRun run, string name) =>
    [
        new AditKeeper(Path.Combine(run.Scratch, $"{name}-adit")),
        new ResticKeeper(Path.Combine(run.Scratch, $"{name}-restic")),
        new BorgKeeper(Path.Combine(run.Scratch, $"{name}-borg")),
    ];

    private static long Size(string directory) => new DirectoryInfo(directory).EnumerateFiles("*", SearchOption.AllDirectories).Sum(static f => f.Length);

    private static string Better(double restic, double borg) => restic < borg ? "restic" : "borg";

    private static Finding Line(string measurement, string what, double value, string unit, string? reference, double? referenceValue, Target? target) => new()
    {
        Measurement = measurement, What = what, Value = value, Unit = unit, ReferenceName = reference, Reference = referenceValue,
        Ratio = referenceValue is { } r ? value / r : null, Target = target,
    };
}
