using System.Net.Http.Json;
using System.Text.Json;
using Adit.Testing;

namespace Adit.EndToEnd.Browser;

/// <summary>The journey that Adit is for: a real Jupyter behind a tunnel, used from a real browser.</summary>
public sealed class JupyterTests(Chromium chromium) : IClassFixture<Chromium>
{
    [Fact(Timeout = 240_000)]
    public async Task A_user_signs_in_by_link_runs_a_cell_and_uploads_a_file()
    {
        using var notebooks = new TempDirectory();
        await using var hub = await HubProcess.StartAsync();
        await using var tunnel = await TunnelProcess.StartAsync(hub, "nb", "http", "--exec", Jupyter(notebooks));
        var page = await chromium.OpenPageAsync();
        var sockets = new List<string>();
        page.Context.Page += (_, opened) => opened.WebSocket += (_, socket) => sockets.Add(socket.Url);

        // Without signing in there is nothing to see but the hub's own way in.
        await page.GotoAsync(hub.TunnelUrl("nb"));
        Assert.StartsWith(hub.Url.ToString().Replace("127.0.0.1", "adit.localhost", StringComparison.Ordinal).TrimEnd('/') + "/sign-in?to=%2Fapps%2Fauthorize", page.Url);

        await page.GotoAsync(await SignInLinkAsync(hub, "nb"));
        var jupyter = new NotebookPage(page);
        await jupyter.SeesFilesAsync();

        // More than any buffer on the way holds, with every byte value in it.
        var upload = Enumerable.Range(0, 3_000_000).Select(i => (byte)(i * 7 % 251 + i % 5)).ToArray();
        await jupyter.UploadAsync("measurements.bin", upload);
        Assert.Equal(upload, await File.ReadAllBytesAsync(notebooks.File("measurements.bin"), TestContext.Current.CancellationToken));

        var notebook = await jupyter.NewPythonNotebookAsync();
        await NotebookPage.RunCellAsync(notebook, "print(6 * 7, len(open('measurements.bin', 'rb').read()))", "42 3000000");
        Assert.Contains(sockets, url => url.StartsWith("ws://nb.adit.localhost:", StringComparison.Ordinal) && url.Contains("/channels", StringComparison.Ordinal));
    }

    private static string Jupyter(TempDirectory notebooks) =>
        "/usr/bin/jupyter-notebook --ip=127.0.0.1 --port={port} --allow-root --no-browser --NotebookApp.token= --NotebookApp.password= " +
        $"--NotebookApp.allow_remote_access=True --notebook-dir={notebooks.Path}";

    private static async Task<string> SignInLinkAsync(HubProcess hub, string name)
    {
        using var client = LoopbackHttp.Create(hub.AdminToken);
        using var answer = await client.PostAsync(new Uri($"{hub.Url}/api/v1/tunnels/{name}/sign-in-link"), content: null);
        var body = await answer.EnsureSuccessStatusCode().Content.ReadFromJsonAsync<JsonElement>();
        return body.GetProperty("url").GetString()!;
    }
}
