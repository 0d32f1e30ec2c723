using Adit.Hub.Telemetry;
using Adit.Testing;

namespace Adit.Hub.Tests.Telemetry;

public sealed class IdleMemoryTests
{
    private readonly ManualTimeProvider _time = new();
    private long _allocated = 1;
    private int _collections;

    [Fact]
    public async Task A_burst_is_followed_by_one_collection_when_it_has_been_quiet_for_three_looks()
    {
        using var memory = await StartAsync();
        Pass(looks: 3, each: IdleMemory.Much);
        Assert.Equal(0, _collections);

        Pass(looks: IdleMemory.QuietLooks - 1, each: 0);
        Assert.Equal(0, _collections);
        Pass(looks: 1, each: 0);
        Assert.Equal(1, _collections);
        Pass(looks: 100, each: 0);
        Assert.Equal(1, _collections);
    }

    [Fact]
    public async Task A_pause_shorter_than_three_looks_does_not_end_a_burst()
    {
        using var memory = await StartAsync();
        for (var i = 0; i < 10; i++)
        {
            Pass(looks: 1, each: IdleMemory.Much);
            Pass(looks: IdleMemory.QuietLooks - 1, each: 0);
        }

        Assert.Equal(0, _collections);
    }

    [Fact]
    public async Task Heartbeats_of_many_links_are_no_burst_however_long_they_go_on()
    {
        using var memory = await StartAsync();
        Pass(looks: 1000, each: IdleMemory.Little - 1);

        Assert.Equal(0, _collections);
    }

    [Fact]
    public async Task Heartbeats_do_not_keep_a_burst_from_being_collected()
    {
        using var memory = await StartAsync();
        Pass(looks: 1, each: IdleMemory.Much);
        Pass(looks: IdleMemory.QuietLooks, each: IdleMemory.Little - 1);

        Assert.Equal(1, _collections);
    }

    [Fact]
    public async Task A_small_burst_is_not_worth_a_collection()
    {
        using var memory = await StartAsync();
        Pass(looks: 1, each: IdleMemory.Much - 1);
        Pass(looks: 100, each: 0);

        Assert.Equal(0, _collections);
    }

    private async Task<IdleMemory> StartAsync()
    {
        var memory = new IdleMemory(_time, () => _allocated, () => _collections++);
        await memory.StartAsync(TestContext.Current.CancellationToken);
        Pass(looks: 1, each: 0);
        return memory;
    }

    private void Pass(int looks, long each)
    {
        for (var i = 0; i < looks; i++)
        {
            _allocated += each;
            _time.Advance(IdleMemory.Every);
        }
    }
}
