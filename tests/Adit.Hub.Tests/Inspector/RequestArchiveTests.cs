using System.Globalization;
using Adit.Hub.Edge;
using Adit.Hub.Inspector;

namespace Adit.Hub.Tests.Inspector;

public sealed class RequestArchiveTests
{
    [Fact]
    public void All_tunnels_together_hold_no_more_than_the_limit_and_the_oldest_goes_first()
    {
        var archive = new RequestArchive(perTunnel: 1000, memoryLimit: 200_000);
        for (var i = 0; i < 100; i++)
            Add(archive, "t" + (i % 10).ToString(CultureInfo.InvariantCulture), i, 10_000);

        var kept = Enumerable.Range(0, 10).SelectMany(t => archive.List("t" + t.ToString(CultureInfo.InvariantCulture))).Select(r => int.Parse(r.Exchange.Id, CultureInfo.InvariantCulture)).Order().ToArray();

        Assert.InRange(archive.Used, 1, 200_000);
        Assert.Equal(Enumerable.Range(100 - kept.Length, kept.Length), kept);
    }

    [Fact]
    public void Bodies_that_are_still_passing_are_counted_and_cut_when_there_is_no_room()
    {
        var archive = new RequestArchive(perTunnel: 10, memoryLimit: 100_000);
        var passing = Enumerable.Range(0, 20).Select(i => Recording(archive, i)).ToArray();
        foreach (var recording in passing)
            recording.RequestBody(new byte[20_000]);

        Assert.InRange(archive.Used, 1, 100_000);
        Assert.Contains(passing, r => r.Request.IsTruncated);
        Assert.Contains(passing, r => !r.Request.IsTruncated);

        foreach (var recording in passing)
            archive.Discard(recording);
        Assert.Equal(0, archive.Used);
    }

    [Fact]
    public void Nothing_is_left_when_all_tunnels_are_forgotten()
    {
        var archive = new RequestArchive(perTunnel: 5, memoryLimit: 1_000_000);
        for (var i = 0; i < 50; i++)
            Add(archive, "t" + (i % 3).ToString(CultureInfo.InvariantCulture), i, 100);

        for (var i = 0; i < 3; i++)
        {
            Assert.Equal(5, archive.List("t" + i.ToString(CultureInfo.InvariantCulture)).Count);
            archive.Forget("t" + i.ToString(CultureInfo.InvariantCulture));
        }

        Assert.Equal(0, archive.Used);
    }

    private static void Add(RequestArchive archive, string tunnel, int id, int body)
    {
        var recording = Recording(archive, id);
        recording.RequestBody(new byte[body]);
        archive.Add(tunnel, recording);
    }

    private static Recording Recording(RequestArchive archive, int id) => new(
        new Exchange { Id = id.ToString(CultureInfo.InvariantCulture), At = default, Method = "GET", Target = "/", Remote = null }, 64 * 1024, archive);
}
