using System.Text;
using Adit.Testing;

namespace Adit.EndToEnd.Web;

/// <summary>Volumes for pages to show: a data set of two snapshots, with files of each kind that is shown and such as mean harm; and one that is empty.</summary>
internal static class WebVolumes
{
    // A picture of a curve, 240 by 120 points.
    private const string Png =
        "iVBORw0KGgoAAAANSUhEUgAAAPAAAAB4CAIAAABD1OhwAAABaUlEQVR42u3SoQ2AQAAEwfcU+QXQO4bgEWgEirBMshXczTj2Tco0TCCgJaAloCWgBbQEtAS0BLQEtICWgJaAloCWgBbQ"
        + "EtAS0BLQEtACWgJaAloCWgJaQEtAS0BLQEtAC2gJaAloCWgJaAEtAS0BLT1rWSfQilC+AloRykArRRlopSgDrRRloJWiDLRSlIFWijLQSlEGWinKQCtFGWilKAOtFGWg1XEMtGqUgVaK"
        + "MtBKUQZaKcpAq+MYaNUoA60UZaCVogy0Oo6BVo0y0Oo4Blo1ykCr4xho1SgDrY5joFWjDLQ6joFGeSYDmmOgxTHQ4hhocQw0x0CLY6DFMdDiGGiRCjTHQItjoAUx0OIYaIgFNMRAi2Og"
        + "BTHQEAtoggU0xECLD6AJFtAEC2iC9TvQDgYaXwENroAGV0HQPtA3QBtXL4A2gYCWgJaAloAW0BLQEtAS0BLQAloCWgJaAloCWkBLQEtAS0BLd51HfG4K7MLPIgAAAABJRU5ErkJggg==";

    /// <summary>Pushes <c>PROJECT/data</c> twice and makes <c>PROJECT/empty</c>, as the first admin.</summary>
    public static async Task FillAsync(WebHub hub, string project)
    {
        await hub.PostAsync("/api/v1/volumes", new { project, name = "empty", kind = "workspace" });
        await hub.PostAsync("/api/v1/volumes", new { project, name = "data", kind = "dataset", description = "Customers who left, and who stayed." });
        using var directory = new TempDirectory();
        var root = directory.File("data");
        Directory.CreateDirectory(Path.Combine(root, "notes"));
        Directory.CreateDirectory(Path.Combine(root, "hostile"));
        var train = Enumerable.Range(1, 40).Select(static line => $"step_{line} = {line} * 2  # what it does").ToList();
        await WriteAsync(root, "train.py", string.Join('\n', train) + "\n");
        await WriteAsync(root, "customers.csv", "id,name,left\n1,\"Müller, Anna\",no\n2,<script>document.title='harm'</script>,yes\n");
        await WriteAsync(root, "gone.txt", "is removed\n");
        await WriteAsync(root, "hostile/page.html", "<script>document.title = 'harm'</script><img src=\"https://harm.example.com/x.png\">");
        await WriteAsync(root, "hostile/picture.png", "<svg xmlns=\"http://www.w3.org/2000/svg\" onload=\"document.title='harm'\"/>");
        await WriteAsync(root, "hostile/turned.txt", "access = \"user\u202E // admin\"\n");
        await File.WriteAllBytesAsync(Path.Combine(root, "curve.png"), Convert.FromBase64String(Png), TestContext.Current.CancellationToken);
        await File.WriteAllBytesAsync(Path.Combine(root, "weights.bin"), Encoding.Latin1.GetBytes(new string('\0', 300_000)), TestContext.Current.CancellationToken);
        await WriteAsync(root, "notes/churn.ipynb", $$$"""
            {"nbformat": 4, "metadata": {"language_info": {"name": "python"}}, "cells": [
              {"cell_type": "markdown", "source": ["# Who leaves\n", "and <b>why</b>"]},
              {"cell_type": "code", "execution_count": 1, "source": "model.fit(x, y)", "outputs": [
                {"output_type": "stream", "name": "stdout", "text": ["loss 0.25\n"]},
                {"output_type": "display_data", "data": {"image/png": "{{{Png}}}", "text/html": "<script>document.title='harm'</script>"}},
                {"output_type": "display_data", "data": {"text/html": "<script>document.title='harm'</script>"}}]}]}
            """);
        await PushAsync(hub, root, $"{project}/data", "The first customers");
        File.Delete(Path.Combine(root, "gone.txt"));
        train[19] = "step_20 = 'something else'";
        await WriteAsync(root, "train.py", string.Join('\n', train) + "\n");
        await WriteAsync(root, "new.txt", "is new\n");
        await PushAsync(hub, root, $"{project}/data", "Another step");
    }

    /// <summary>Pushes a directory as people do it.</summary>
    public static Task PushAsync(WebHub hub, string directory, string volume, string message) =>
        AditProcess.RunAsync(["push", directory, volume, "--message", message], hub.Process.ClientEnvironment);

    private static Task WriteAsync(string root, string path, string text) => File.WriteAllTextAsync(Path.Combine(root, path), text, TestContext.Current.CancellationToken);
}
