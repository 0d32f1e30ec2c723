using System.Runtime.Versioning;
using System.Security.Cryptography;
using System.Text.Json;
using Adit.Testing;

namespace Adit.EndToEnd.CommandLine;

/// <summary>The clients of Debian against one hub: awscli by the endpoint's own name, s3cmd, rclone and python3-boto3 by the hub's.</summary>
[SupportedOSPlatform("linux")]
public sealed class S3ClientTests : IAsyncLifetime
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    private readonly TempDirectory _files = new();
    private HubProcess _hub = null!;
    private Dictionary<string, string?> _environment = null!;

    public async ValueTask InitializeAsync()
    {
        _hub = await HubProcess.StartAsync();
        await AditProcess.RunAsync(["project", "create", "churn"], _hub.ClientEnvironment);
        using var key = JsonDocument.Parse((await AditProcess.RunAsync(["s3", "key", "create", "tests", "--project", "churn", "--json"], _hub.ClientEnvironment)).Split('\n').Single(static l => l.StartsWith('{')));
        _environment = new Dictionary<string, string?>
        {
            ["AWS_ACCESS_KEY_ID"] = key.RootElement.GetProperty("accessKeyId").GetString(),
            ["AWS_SECRET_ACCESS_KEY"] = key.RootElement.GetProperty("secretAccessKey").GetString(),
            ["AWS_DEFAULT_REGION"] = "us-east-1", ["AWS_EC2_METADATA_DISABLED"] = "true", ["AWS_CA_BUNDLE"] = null, ["HOME"] = _files.Path, ["XDG_CONFIG_HOME"] = _files.Path,
            ["HTTP_PROXY"] = null, ["http_proxy"] = null, ["NO_PROXY"] = "127.0.0.1,.localhost", ["no_proxy"] = "127.0.0.1,.localhost",
        };
    }

    public async ValueTask DisposeAsync()
    {
        await _hub.DisposeAsync();
        _files.Dispose();
    }

    [Fact(Timeout = 180_000)]
    public async Task Clients_of_Debian_put_list_get_copy_and_remove_objects_small_and_in_parts()
    {
        var random = new byte[12 << 20];
        RandomNumberGenerator.Fill(random);
        await File.WriteAllBytesAsync(_files.File("big"), random, TestContext.Current.CancellationToken);
        Directory.CreateDirectory(_files.File("tree/below"));
        await File.WriteAllTextAsync(_files.File("tree/a.csv"), "1,2\n", TestContext.Current.CancellationToken);
        await File.WriteAllTextAsync(_files.File("tree/below/b.csv"), "3,4\n", TestContext.Current.CancellationToken);

        string[] aws = ["--endpoint-url", $"http://s3.adit.localhost:{_hub.Port}", "s3"];
        await RunAsync("aws", [.. aws, "cp", "--no-progress", _files.File("big"), "s3://churn/aws/big"]);
        await RunAsync("aws", [.. aws, "sync", "--no-progress", _files.File("tree"), "s3://churn/aws/tree"]);
        Assert.DoesNotContain("upload", await RunAsync("aws", [.. aws, "sync", "--no-progress", _files.File("tree"), "s3://churn/aws/tree"]), StringComparison.Ordinal);
        Assert.Contains("PRE tree/", await RunAsync("aws", [.. aws, "ls", "s3://churn/aws/"]), StringComparison.Ordinal);
        await RunAsync("aws", [.. aws, "cp", "--no-progress", "s3://churn/aws/big", "s3://churn/aws/copy"]);
        await RunAsync("aws", [.. aws, "cp", "--no-progress", "s3://churn/aws/copy", _files.File("back")]);
        Same("back");

        string[] cmd = ["-c", "/dev/null", "--no-ssl", $"--host={_hub.Url[7..]}", $"--host-bucket={_hub.Url[7..]}", "--no-progress"];
        await RunAsync("s3cmd", [.. cmd, "put", _files.File("big"), "s3://churn/cmd/big", "--multipart-chunk-size-mb=5"]);
        await RunAsync("s3cmd", [.. cmd, "sync", _files.File("tree/"), "s3://churn/cmd/tree/"]);
        Assert.Contains("cmd/tree/below/b.csv", await RunAsync("s3cmd", [.. cmd, "ls", "-r", "s3://churn/cmd/"]), StringComparison.Ordinal);
        await RunAsync("s3cmd", [.. cmd, "get", "--force", "s3://churn/cmd/big", _files.File("back")]);
        Same("back");
        await RunAsync("s3cmd", [.. cmd, "del", "-r", "--force", "s3://churn/cmd/tree/"]);

        string remote = $":s3,provider=Other,env_auth=true,endpoint='{_hub.Url}':churn/clone";
        await RunAsync("rclone", ["copy", _files.File("tree"), remote]);
        await RunAsync("rclone", ["copy", "--s3-upload-cutoff", "5M", "--s3-chunk-size", "5M", _files.File("big"), remote]);
        await RunAsync("rclone", ["check", "--one-way", _files.File("tree"), remote]);
        Directory.CreateDirectory(_files.File("got"));
        await RunAsync("rclone", ["copy", remote + "/big", _files.File("got")]);
        Same("got/big");

        await RunAsync("/usr/bin/python3", ["-c", Boto, _hub.Url, _files.File("big")]);
        await AditProcess.RunAsync(["volume", "commit", "churn/aws"], _hub.ClientEnvironment); // Which may have been quiet for long enough already.
        await AditProcess.RunAsync(["pull", "churn/aws", _files.File("pulled")], _hub.ClientEnvironment);
        Same("pulled/big");
    }

    [Fact(Timeout = 60_000)]
    public async Task What_was_answered_is_there_after_a_kill()
    {
        const string Put = """
            import boto3, sys
            s = boto3.client("s3", endpoint_url=sys.argv[1])
            for i in range(10000):
                s.put_object(Bucket="churn", Key=f"killed/{i}", Body=b"x" * 4096)
                print(i, flush=True)
            """;
        await using var putting = ChildProcess.Start("/usr/bin/python3", ["-c", Put, _hub.Url], _environment);
        await putting.WaitForLineAsync("^40$", Patience);
        _hub.Process.Send(Signal.Kill);
        await _hub.Process.WaitForExitAsync(Patience);
        putting.Send(Signal.Kill);
        await putting.WaitForExitAsync(Patience);
        var last = putting.Output.Split('\n').Where(static l => int.TryParse(l, out _)).Select(int.Parse).Max();
        await using var again = await HubProcess.StartAsync(_hub.DataDirectory, _hub.Port);
        var listed = await RunAsync("aws", ["--endpoint-url", again.Url, "s3", "ls", "--recursive", "s3://churn/killed/"]);
        Assert.All(Enumerable.Range(0, last + 1), i => Assert.Contains($" 4096 killed/{i}\n", listed + "\n", StringComparison.Ordinal));
        await AditProcess.RunAsync(["store", "check", "--read-data"], again.ClientEnvironment);
    }

    // What the others do not: ranges, conditions, a presigned address, errors by their codes.
    private const string Boto =
        """
        import sys, boto3, botocore
        from botocore.config import Config
        url, path = sys.argv[1:]
        s = boto3.client("s3", endpoint_url=url, config=Config(signature_version="s3v4", s3={"addressing_style": "path"}))
        data = open(path, "rb").read()
        s.upload_file(path, "churn", "boto/big")
        assert s.get_object(Bucket="churn", Key="boto/big", Range="bytes=1000000-1000099")["Body"].read() == data[1000000:1000100]
        s.put_object(Bucket="churn", Key="boto/x y+z&ä", Body=b"odd", ContentType="text/plain", Metadata={"who": "me"})
        head = s.head_object(Bucket="churn", Key="boto/x y+z&ä")
        assert head["ContentType"] == "text/plain" and head["Metadata"] == {"who": "me"}, head
        keys = [o["Key"] for p in s.get_paginator("list_objects_v2").paginate(Bucket="churn", Prefix="boto/", PaginationConfig={"PageSize": 1}) for o in p["Contents"]]
        assert keys == ["boto/big", "boto/x y+z&ä"], keys
        try:
            s.get_object(Bucket="churn", Key="boto/nothing")
            assert False
        except s.exceptions.NoSuchKey:
            pass
        gone = s.delete_objects(Bucket="churn", Delete={"Objects": [{"Key": k} for k in keys]})
        assert len(gone["Deleted"]) == 2 and "Errors" not in gone, gone
        assert [b["Name"] for b in s.list_buckets()["Buckets"]] == ["churn"]
        """;

    private async Task<string> RunAsync(string program, string[] arguments) => await ChildProcess.RunAsync(program, arguments, With(program), within: Patience);

    // s3cmd reads its keys from the environment too, as all the others do.
    private Dictionary<string, string?> With(string program) => program == "s3cmd" ? new(_environment) { ["AWS_ACCESS_KEY"] = _environment["AWS_ACCESS_KEY_ID"], ["AWS_SECRET_KEY"] = _environment["AWS_SECRET_ACCESS_KEY"] } : _environment;

    private void Same(string name) => Assert.Equal(SHA256.HashData(File.ReadAllBytes(_files.File("big"))), SHA256.HashData(File.ReadAllBytes(_files.File(name))));
}
