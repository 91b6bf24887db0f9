{
  "cwlVersion": "v1.2",
  "class": "CommandLineTool",
  "label": "Suggest Sigma",
  "doc": "Measure the blur that the image has, per axis, and propose sigmas.",
  "hints": {
    "SoftwareRequirement": {
      "packages": {
        "fiji-bridge": {
          "version": [
            "0.1.0"
          ]
        }
      }
    }
  },
  "baseCommand": [
    "fiji-bridge",
    "suggest"
  ],
  "inputs": {
    "image": {
      "type": "File",
      "inputBinding": {
        "position": 1
      },
      "doc": "The image to read."
    },
    "beads": {
      "type": [
        "null",
        "boolean"
      ],
      "inputBinding": {
        "position": 3,
        "prefix": "--beads"
      },
      "doc": "The image shows points: fit each with a Gaussian.",
      "default": false
    },
    "channel": {
      "type": [
        "null",
        "int"
      ],
      "inputBinding": {
        "position": 3,
        "prefix": "--channel"
      },
      "doc": "Channel to measure in, counted from 0.",
      "default": 0
    },
    "target": {
      "type": [
        "null",
        "string"
      ],
      "inputBinding": {
        "position": 3,
        "prefix": "--target"
      },
      "doc": "Sigma wanted in every direction; default: the largest that is there."
    },
    "voxel_size": {
      "type": [
        "null",
        "string"
      ],
      "inputBinding": {
        "position": 3,
        "prefix": "--voxel-size"
      },
      "doc": "Voxel size, instead of the file's: '2 0.45 0.45 um'."
    }
  },
  "stdout": "suggest.txt",
  "outputs": {
    "report": {
      "type": "stdout"
    }
  }
}
